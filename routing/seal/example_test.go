package seal_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/sfbridge/sfbridge/routing/seal"
)

func ExamplePDF_Seal() {
	_, err := seal.PDF{}.Seal(context.Background(), []byte("a letter, and no PDF"), "a long secret")
	fmt.Println(errors.Is(err, seal.ErrDamaged))
	fmt.Println(seal.PDF{}.Check(""))

	// Output:
	// true
	// seal: the password cannot be used: it is empty
}
