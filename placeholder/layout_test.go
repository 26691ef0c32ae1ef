package placeholder_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
)

// layouts map what people write to what a Thursday night prints.
var layouts = map[string]string{
	"1/2/06": "5/23/19", "M/D/YY": "5/23/19", "m/d/yy": "", "M/d/yy": "5/23/19", "MM-DD-YY": "05-23-19", "01-02-06": "05-23-19",
	"MM/DD/YYYY": "05/23/2019", "YYYY-MM-DD": "2019-05-23", "2006-01-02": "2019-05-23", "DD.MM.YYYY": "23.05.2019",
	"YYYYMMDD": "20190523", "20060102": "20190523", "MMDDYY": "052319", "D. MMMM YYYY": "23. May 2019", "dd MMM yy": "23 May 19",
	"EEEE, MMMM D, YYYY": "Thursday, May 23, 2019", "dddd": "Thursday", "ddd": "Thu", "Monday, January 2, 2006": "Thursday, May 23, 2019",
	"Mon Jan _2": "Thu May 23", "MMM": "May", "Jan": "May", "YYYY": "2019", "YYYY年M月D日": "2019年5月23日",
	"M/D/YYYY h:mm a": "5/23/2019 9:30 PM", "1/2/2006 3:04 PM": "5/23/2019 9:30 PM", "YYYY-MM-DD HH:mm:ss z": "2019-05-23 21:30:00 CDT",
	"YYYY-MM-DDTHH:mm:ss-07:00": "2019-05-23T21:30:00-05:00", "2006-01-02T15:04:05Z07:00": "2019-05-23T21:30:00-05:00", "3:04pm": "9:30pm",
	"hh:mm a": "09:30 PM", "15:04": "21:30", "(M/D)": "(5/23)",

	"": "", " ": "", "-": "", "12-31-16": "", "5/23/19": "", "12/31/15": "", "3/1/06": "", "15/1/06": "", "31.12.2026": "",
	"MM/DD/YYYYY": "", "M/D/M": "", "MM_D": "", "today": "", "QQ": "", "mm:ss": "", "HH": "", "h:mm": "", "ss": "", "M\xff": "", "DMMYY": "23" + "0519",
	"Mms": "",
}

func TestLayoutsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range layouts {
		layout, err := placeholder.Layout(text)
		if want == "" {
			require.ErrorContains(t, err, "date layout", text)
			require.Empty(t, layout)
			continue
		}
		require.NoError(t, err, text)
		require.Equal(t, want, time0.Format(layout), text)
	}
}

func TestLayoutSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const hint = "; write it like M/D/YY, MM-DD-YYYY or EEEE, MMMM D, YYYY"
	for text, want := range map[string]string{
		"":         `date layout "" has no part of a date`,
		"5/23/19":  `date layout "5/23/19" has '5', which stands for no part of a date`,
		"12-31-16": `date layout "12-31-16" has the month twice`,
		"M/D h":    `date layout "M/D h" has the hour, but not the half of the day`,
		"mm:ss":    `date layout "mm:ss" has the minute, but not the hour`,
		"MM_D_YY":  `date layout "MM_D_YY" cannot be told apart; put a space or a hyphen between its parts`,
	} {
		_, err := placeholder.Layout(text)
		require.EqualError(t, err, want+hint)
	}
}

func FuzzLayout(f *testing.F) {
	for text := range layouts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		layout, err := placeholder.Layout(text)
		if err != nil {
			return
		}
		again, err := placeholder.Layout(layout)
		require.NoError(t, err, "Go's own layouts are layouts")
		require.Equal(t, layout, again)
		earlier := time.Date(2001, time.January, 2, 3, 4, 5, 0, time.UTC)
		require.NotEqual(t, earlier.Format(layout), time0.Format(layout), "a layout shows something")
	})
}
