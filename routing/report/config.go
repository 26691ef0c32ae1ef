package report

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif"  // formats of the logo
	_ "image/jpeg" // that are decoded
	"image/png"
	"strings"

	"golang.org/x/text/language"
)

// Paper is the size of the pages.
type Paper string

// The sizes.
const (
	Letter Paper = "Letter" // 8.5 by 11 inches
	A4     Paper = "A4"     // 210 by 297 mm
)

// Config says how reports look. Its zero value is right for a company in the
// United States.
type Config struct {
	// Paper defaults to Letter.
	Paper Paper
	// Language says how numbers, amounts and dates are written: "en-US", "de-CH".
	// Defaults to "en-US".
	Language string
	// Captions are the words between. Those that are empty default to English.
	Captions Captions
	// Company stands at the head of the first page.
	Company Company
	// Logo is a PNG, JPEG or GIF of up to 16 million pixels. May be empty.
	Logo []byte
	// Accent is the colour of lines and headings. Defaults to "#1F4E79".
	Accent string
	// Font is a TrueType font for texts that Liberation Sans cannot print. It is
	// not an OpenType font with PostScript outlines. May be empty.
	Font []byte
}

// Company is whose report it is. What is empty is left out.
type Company struct {
	Name    string
	Address []string // lines
	Phone   string
	Email   string
	Website string
	License string // the licence number
}

// Captions are the words of a report.
type Captions struct {
	Title          string // Defaults to "Appointment Results".
	Customer       string
	Appointment    string
	Representative string
	License        string
	Results        string
	Estimate       string
	Description    string
	Quantity       string
	Price          string
	Amount         string
	Included       string
	Subtotal       string
	Total          string
	Payment        string
	Notes          string
	// Page has two verbs for numbers. Defaults to "Page %d of %d".
	Page string
}

func (c Captions) withDefaults() Captions {
	for _, word := range []struct {
		field *string
		value string
	}{
		{&c.Title, "Appointment Results"},
		{&c.Customer, "Customer"},
		{&c.Appointment, "Appointment"},
		{&c.Representative, "Representative"},
		{&c.License, "License"},
		{&c.Results, "Results"},
		{&c.Estimate, "Estimate"},
		{&c.Description, "Description"},
		{&c.Quantity, "Quantity"},
		{&c.Price, "Price"},
		{&c.Amount, "Amount"},
		{&c.Included, "included"},
		{&c.Subtotal, "Subtotal"},
		{&c.Total, "Total"},
		{&c.Payment, "Payment method"},
		{&c.Notes, "Notes"},
		{&c.Page, "Page %d of %d"},
	} {
		*word.field = cmp.Or(*word.field, word.value)
	}
	return c
}

// A Renderer makes reports. It is safe for concurrent use. Use [New] to make one.
type Renderer struct {
	cfg    Config
	locale locale
	accent color.RGBA
	logo   *logo
	faces  []*face
}

// New returns a Renderer. The error names every fault of cfg.
func New(cfg Config) (*Renderer, error) {
	cfg.Paper = cmp.Or(cfg.Paper, Letter)
	cfg.Language = cmp.Or(cfg.Language, "en-US")
	cfg.Accent = cmp.Or(cfg.Accent, "#1F4E79")
	cfg.Captions = cfg.Captions.withDefaults()
	r := &Renderer{cfg: cfg}
	var faults []error
	if cfg.Paper != Letter && cfg.Paper != A4 {
		faults = append(faults, fmt.Errorf("report: paper %q is neither %s nor %s", cfg.Paper, Letter, A4))
	}
	if pages := fmt.Sprintf(cfg.Captions.Page, 1, 2); strings.Contains(pages, "%!") {
		faults = append(faults, fmt.Errorf("report: caption %q for pages does not have a %%d for each of two numbers", cfg.Captions.Page))
	}
	for _, part := range []func() error{
		func() (err error) { r.accent, err = parseColor(cfg.Accent); return err },
		func() error {
			tag, err := language.Parse(cfg.Language)
			if err != nil {
				return fmt.Errorf("report: language %q is unknown", cfg.Language)
			}
			r.locale = localeOf(tag)
			return nil
		},
		func() (err error) { r.logo, err = readLogo(cfg.Logo); return err },
		func() (err error) { r.faces, err = readFaces(cfg.Font); return err },
	} {
		faults = append(faults, part())
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return r, nil
}

func parseColor(text string) (color.RGBA, error) {
	digits, found := strings.CutPrefix(text, "#")
	parts, err := hex.DecodeString(digits)
	if !found || err != nil || len(parts) != 3 {
		return color.RGBA{}, fmt.Errorf("report: accent %q is no colour such as #1F4E79", text)
	}
	return color.RGBA{parts[0], parts[1], parts[2], 0xFF}, nil
}

// A logo is a picture as every PDF reader knows it.
type logo struct {
	png    []byte
	aspect float64 // width by height
}

const maxLogo = 16_000_000 // pixels

// readLogo decodes the picture and writes it anew: pictures come in more forms
// than a PDF can hold.
func readLogo(data []byte) (*logo, error) {
	if len(data) == 0 {
		return nil, nil //nolint:nilnil // a report without a logo
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case err != nil:
		return nil, errors.New("report: the logo is no PNG, JPEG or GIF")
	case size.Width == 0 || size.Height == 0 || size.Width > maxLogo/size.Height:
		return nil, fmt.Errorf("report: the logo has %d by %d pixels, more than %d", size.Width, size.Height, maxLogo)
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("report: the logo is damaged")
	}
	plain := image.NewNRGBA(image.Rect(0, 0, size.Width, size.Height))
	for y := range size.Height {
		for x := range size.Width {
			plain.Set(x, y, picture.At(picture.Bounds().Min.X+x, picture.Bounds().Min.Y+y))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, plain); err != nil {
		return nil, fmt.Errorf("report: the logo cannot be used: %w", err)
	}
	return &logo{out.Bytes(), float64(size.Width) / float64(size.Height)}, nil
}
