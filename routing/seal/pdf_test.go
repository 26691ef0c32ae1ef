package seal_test

import (
	"fmt"
	"strings"
)

// pdf writes a document of one empty page: object 1 is its catalog, 2 and 3 are
// the pages, and more begins at 4.
func pdf(catalog string, more ...string) string {
	objects := append([]string{
		catalog,
		`<< /Type /Pages /Kids [3 0 R] /Count 1 >>`,
		`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 100] /Resources << >> >>`,
	}, more...)
	var text, table strings.Builder
	text.WriteString("%PDF-1.7\n")
	fmt.Fprintf(&table, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for i, object := range objects {
		fmt.Fprintf(&table, "%010d 00000 n \n", text.Len())
		fmt.Fprintf(&text, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	end := text.Len()
	return fmt.Sprintf("%s%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", &text, &table, len(objects)+1, end)
}
