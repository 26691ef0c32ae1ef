package placeholder

import "strings"

// states holds the postal abbreviations of the states, the federal district,
// the territories and the associated states of the United States, and those of
// its armed forces abroad, as USPS Publication 28 lists them.
var states = map[string]string{
	"AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California",
	"CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia",
	"FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois",
	"IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
	"ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
	"MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
	"NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
	"NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon",
	"PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
	"TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
	"WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",

	"AS": "American Samoa", "GU": "Guam", "MP": "Northern Mariana Islands", "PR": "Puerto Rico",
	"VI": "Virgin Islands", "FM": "Federated States of Micronesia", "MH": "Marshall Islands", "PW": "Palau",

	"AA": "Armed Forces Americas", "AE": "Armed Forces Europe", "AP": "Armed Forces Pacific",
}

// stateCodes maps states, as stateKey spells them, to abbreviations.
var stateCodes = func() map[string]string {
	codes := map[string]string{
		"washington dc": "DC", "us virgin islands": "VI", "micronesia": "FM",
	}
	for code, name := range states {
		codes[stateKey(code)] = code
		codes[stateKey(name)] = code
	}
	return codes
}()

// stateKey spells a state without what people vary: case, points and spaces.
func stateKey(state string) string {
	return strings.Join(strings.Fields(strings.ToLower(points.Replace(state))), " ")
}

var points = strings.NewReplacer(".", "", ",", "")

// stateCode abbreviates a state. What is no state stays as it is.
func stateCode(state string) string {
	if code, ok := stateCodes[stateKey(state)]; ok {
		return code
	}
	return state
}

// stateName spells a state out. What is no state stays as it is.
func stateName(state string) string {
	if name, ok := states[stateCode(state)]; ok {
		return name
	}
	return state
}
