package placeholder_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
)

func TestPartsOfANameComeFromTheWholeIfThatIsAllThereIs(t *testing.T) {
	t.Parallel()
	const all = "%customerName%|%customerNameFirst%|%customerNameLast%"
	for person, want := range map[placeholder.Person]string{
		{Name: "Larry Leap"}:                   "Larry Leap|Larry|Leap",
		{Name: " Larry  van der Leap "}:        " Larry  van der Leap |Larry van der|Leap",
		{Name: "Larry & Lena Leap"}:            "Larry & Lena Leap|Larry & Lena|Leap",
		{Name: "Leap"}:                         "Leap||Leap",
		{Name: "Leap, Larry"}:                  "Leap, Larry|Larry|Leap",
		{Name: "Van der Leap,Larry M."}:        "Van der Leap,Larry M.|Larry M.|Van der Leap",
		{Name: "Leap,"}:                        "Leap,||Leap",
		{Name: "Larry Leap Jr."}:               "Larry Leap Jr.|Larry|Leap Jr.",
		{Name: "Larry Leap, III"}:              "Larry Leap, III|Larry|Leap III",
		{Name: "Leap sr"}:                      "Leap sr||Leap sr",
		{Name: "Jr."}:                          "Jr.||Jr.",
		{Name: " "}:                            " ||",
		{Name: ","}:                            ",||",
		{}:                                     "||",
		{Name: "Dr. Larry Leap", Last: "Leap"}: "Dr. Larry Leap||Leap",
		{Name: "Larry van der Leap", First: "Larry"}:       "Larry van der Leap|Larry|",
		{Name: "L. Leap", First: "Lawrence", Last: "Leap"}: "L. Leap|Lawrence|Leap",
	} {
		require.Equal(t, want, expand(t, all, placeholder.Data{Customer: person}))
	}
	require.Equal(t, "Lena Leap, Ann Rep", expand(t, "%customerSpouseNameFirst% %customerSpouseNameLast%, %usersNameFirst% %usersNameLast%",
		placeholder.Data{Spouse: placeholder.Person{Name: "Lena Leap"}, User: placeholder.User{Person: placeholder.Person{Name: "Ann Rep"}}}))
}
