package decode

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTrailsFindCircles(t *testing.T) {
	t.Parallel()
	for _, before := range []int{0, 1, 2, 5, 100} {
		for _, around := range []int{1, 2, 3, 7, 50} {
			var trail Trail
			pages := 0
			for trail.Next(strconv.Itoa(min(pages, before)+max(pages-before, 0)%around)) == nil {
				pages++
			}
			require.GreaterOrEqual(t, pages, before+around, "none so far")
			require.LessOrEqual(t, pages, 3*(before+around))
		}
	}
	var trail Trail
	for i := range 10_000 {
		require.NoError(t, trail.Next(strconv.Itoa(i)))
	}
}
