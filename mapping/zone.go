package mapping

import "time"

// Zone is where the mapping shows dates and times; see [Options].
func (m *Mapping) Zone() *time.Location { return m.format.zone }

// In returns the mapping for another time zone, such as that of the user whose
// records are read. It shares what does not depend on the zone. Rules with a Zone
// of their own keep it.
func (m *Mapping) In(zone *time.Location) *Mapping {
	if zone == nil || zone == m.format.zone {
		return m
	}
	other := *m
	other.format.zone = zone
	other.columns = make([]column, len(m.columns))
	for i, col := range m.columns {
		if col.Zone == "" {
			col.format.zone = zone
			_ = col.setFallback() // it was converted once already, so it converts
		}
		other.columns[i] = col
	}
	return &other
}
