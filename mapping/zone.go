package mapping

import "time"

// Zone is where the mapping shows dates and times; see [Options].
func (m *Mapping) Zone() *time.Location { return m.format.zone }

// In returns the mapping for another time zone, such as that of the user whose
// records are read. It shares what does not depend on the zone.
func (m *Mapping) In(zone *time.Location) *Mapping {
	if zone == nil || zone == m.format.zone {
		return m
	}
	other := *m
	other.format.zone = zone
	other.columns = make([]column, len(m.columns))
	for i, col := range m.columns {
		if col.fallback != nil {
			// It was converted once already, so it converts.
			col.fallback, _ = col.convert([]any{col.Default}, other.format)
		}
		other.columns[i] = col
	}
	return &other
}
