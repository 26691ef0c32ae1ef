package decode

import "time"

// Moment reads a date/time as Salesforce writes it, 2006-01-02T15:04:05.000+0000
// or with Z or +00:00 as its zone, into UTC. It is false for everything else.
func Moment(text []byte) (t time.Time, ok bool) {
	if len(text) < len("2006-01-02T15:04:05Z") || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return t, false
	}
	year, month, day, ok := Day(text[:10])
	hour, minute, second := two(text[11:]), two(text[14:]), two(text[17:])
	if !ok || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	nanoseconds, zone := fraction(text[19:])
	offset, ok := seconds(zone)
	if !ok || nanoseconds < 0 {
		return t, false
	}
	since := days(year, month, day)*86400 + int64(hour*3600+minute*60+second) - offset
	t = time.Unix(since, nanoseconds).UTC()
	return t, offset == 0 || t.Year() >= 0 && t.Year() <= 9999
}

// Day reads a date of the form 2006-01-02 that is on the calendar.
func Day(text []byte) (year, month, day int, ok bool) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return 0, 0, 0, false
	}
	century, rest := two(text), two(text[2:])
	year, month, day = century*100+rest, two(text[5:]), two(text[8:])
	if century > 99 || rest > 99 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, 0, 0, false
	}
	return year, month, day, day <= 28 || day <= lastDay(year, month)
}

func lastDay(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// two reads two digits; what are none give a number beyond all of them.
func two(text []byte) int {
	a, b := text[0]-'0', text[1]-'0'
	if a > 9 || b > 9 {
		return 1000
	}
	return int(a)*10 + int(b)
}

// fraction reads a fraction of a second, if there is one, and returns what
// follows it. It is negative when the point has no digits, or too many.
func fraction(text []byte) (nanoseconds int64, rest []byte) {
	if text[0] != '.' {
		return 0, text
	}
	n := 1
	for n < len(text) && isDigit(text[n]) {
		nanoseconds = nanoseconds*10 + int64(text[n]-'0')
		if n++; n > 10 {
			return -1, nil
		}
	}
	if n == 1 {
		return -1, nil
	}
	for i := n; i < 10; i++ {
		nanoseconds *= 10
	}
	return nanoseconds, text[n:]
}

// seconds reads a zone: Z, +hhmm or +hh:mm.
func seconds(zone []byte) (offset int64, ok bool) {
	if len(zone) == 1 && zone[0] == 'Z' {
		return 0, true
	}
	if len(zone) == 6 && zone[3] == ':' {
		zone = []byte{zone[0], zone[1], zone[2], zone[4], zone[5]}
	}
	if len(zone) != 5 || zone[0] != '+' && zone[0] != '-' {
		return 0, false
	}
	hour, minute := two(zone[1:]), two(zone[3:])
	if hour > 23 || minute > 59 {
		return 0, false
	}
	offset = int64(hour*3600 + minute*60)
	if zone[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// days counts the days from 1 January 1970 on. Years begin in March here, so
// that the leap day is the last of its year.
func days(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = -1
	}
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return int64(era)*146097 + int64(ofEra*365+ofEra/4-ofEra/100+ofYear) - 719468
}
