package salesforcetest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// load is CSV data on its way into records: what both bulk APIs do with it.
type load struct {
	org       *Org
	user      string
	object    *object
	operation string
	key       *field // of upsert
	csv       dialect
	columns   []csvColumn
}

// newLoad makes the data of a job ready to be loaded.
func (o *Org) newLoad(j *job) *load {
	o.mu.RLock()
	defer o.mu.RUnlock()
	l := &load{org: o, user: j.user, object: o.object(j.object), operation: j.operation, csv: j.csv()}
	if j.key != "" {
		l.key = l.object.field(j.key)
	}
	return l
}

// csvColumn is a column made ready: a field, or the key of the record that a
// reference points to.
type csvColumn struct {
	header string
	field  *field
	parent *field // the reference, nil for a plain field
	object string // what the parent is, "" when the reference tells
	key    string // of the parent
}

// jobError is why a job failed, in the words of its errorMessage.
type jobError string

func (f jobError) Error() string { return string(f) }

// invalidBatch is the fault of data that no record can be made of.
func invalidBatch(format string, args ...any) error {
	return jobError("InvalidBatch : " + fmt.Sprintf(format, args...))
}

// outcome is what became of a row.
type outcome struct {
	id      string
	created bool
	faults  []*apiError // nil for success
}

type outcomes []outcome

func (list outcomes) failed() int {
	n := 0
	for _, o := range list {
		if o.faults != nil {
			n++
		}
	}
	return n
}

// fault writes the errors as CSV results do: CODE:message:fields --
func (o *outcome) fault() string {
	var text strings.Builder
	for _, e := range o.faults {
		text.WriteString(e.code + ":" + e.message + ":" + strings.Join(e.fields, ", "))
		if len(e.fields) > 0 {
			text.WriteString(" ")
		}
		text.WriteString("--")
	}
	return text.String()
}

// Sizes by which the data is worked through.
const (
	batchRows = 10000 // counted as one batch of the day's allowance
	chunkRows = 200   // saved in one transaction
)

// Limits of the data.
const (
	maxCSVColumns = 5000
	maxCSVRecord  = 400_000 // characters
	maxCSVField   = 131_072 // characters
)

// operations of jobs that load data.
var operations = []string{"insert", "update", "upsert", "delete", "hardDelete"}

// runCSV works a CSV text through.
func (l *load) runCSV(data []byte, stop func() bool) (outcomes, error) {
	if err := l.endings(data); err != nil {
		return nil, err
	}
	r := &csvReader{dialect: l.csv, data: data}
	if err := l.header(r); err != nil {
		return nil, err
	}
	return l.run(func() []loadRow { return l.chunk(r) }, stop)
}

// run saves chunk after chunk until there is none, or stop says so. The error
// is that of the whole.
func (l *load) run(next func() []loadRow, stop func() bool) (outcomes, error) {
	var all outcomes
	for !stop() {
		chunk := next()
		if len(chunk) == 0 {
			break
		}
		if len(all)%batchRows == 0 {
			if within, _ := l.org.jobs.batches.count(1, dailyBatches, l.org.Now()); !within {
				return all, jobError("ExceededQuota : ApiBatchItems Limit exceeded.")
			}
		}
		all = append(all, l.save(chunk)...)
	}
	return all, nil
}

// endings refuses data with other line endings than the job's, before any of
// it is saved.
func (l *load) endings(data []byte) error {
	if l.csv.ending == "" {
		return nil
	}
	r := &csvReader{dialect: l.csv, data: data}
	for {
		switch _, err := r.row(); {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, lineEndingError{}):
			name := map[string]string{"\n": "LF", "\r\n": "CRLF"}[l.csv.ending]
			return jobError("ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is " + name)
		}
	}
}

// loadRow is a record to be saved.
type loadRow struct {
	collectionRow
	cells []string // of a CSV row
	bad   error    // why it is none
}

// chunk reads the rows that are saved together.
func (l *load) chunk(r *csvReader) []loadRow {
	var rows []loadRow
	for len(rows) < chunkRows {
		cells, err := r.row()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = l.fits(r, cells)
		}
		row := loadRow{cells: cells, bad: err}
		if err == nil {
			row.collectionRow = l.record(l.assignments(cells))
		}
		rows = append(rows, row)
	}
	return rows
}

// record takes the id of a record that is there from what a client assigns.
func (l *load) record(in []assignment) collectionRow {
	row := collectionRow{object: l.object}
	for _, a := range in {
		id, isText := a.value.(string)
		switch {
		case strings.EqualFold(a.name, "Id") && l.operation != "insert":
			if isText {
				row.id = id
			}
		default:
			row.in = append(row.in, a)
		}
	}
	return row
}

// fits refuses a row of the wrong length.
func (l *load) fits(r *csvReader, fields []string) error {
	size := 0
	for _, f := range fields {
		size += len(f)
		if len(f) > maxCSVField {
			return &csvRowError{r.line, fmt.Sprintf("a field has more than %d characters", maxCSVField)}
		}
	}
	switch {
	case size > maxCSVRecord:
		return &csvRowError{r.line, fmt.Sprintf("the record has more than %d characters", maxCSVRecord)}
	case len(fields) != len(l.columns):
		return &csvRowError{r.line, fmt.Sprintf("%d fields where the header has %d", len(fields), len(l.columns))}
	}
	return nil
}

// header reads the first row.
func (l *load) header(r *csvReader) error {
	names, err := r.row()
	switch {
	case errors.Is(err, io.EOF):
		return invalidBatch("Records not found")
	case err != nil:
		return invalidBatch("%v", err)
	case len(names) > maxCSVColumns:
		return invalidBatch("The header has more than %d fields", maxCSVColumns)
	}
	l.org.mu.RLock()
	defer l.org.mu.RUnlock()
	for _, name := range names {
		col, err := l.column(name)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(l.columns, func(other csvColumn) bool { return strings.EqualFold(other.header, name) }) {
			return invalidBatch("Field name is there twice : %s", name)
		}
		l.columns = append(l.columns, col)
	}
	return l.findKey()
}

// findKey refuses data that does not say which records it is about.
func (l *load) findKey() error {
	key := l.object.fields[fieldID]
	if l.operation == "upsert" {
		key = l.key
	}
	if l.operation != "insert" && !slices.ContainsFunc(l.columns, func(c csvColumn) bool { return c.field == key }) {
		return invalidBatch("Field name not found : %s", key.Name)
	}
	return nil
}

// column understands a header.
//
//	header = Field | [ Object ":" ] Relationship "." Field .
//
// People also write Relationship ":" Object, which does no harm here.
//
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_csv_rel_field_header_row.htm
func (l *load) column(header string) (csvColumn, error) {
	before, key, isPath := strings.Cut(header, ".")
	if !isPath {
		f := l.object.field(header)
		if f == nil || f.typ.kind == kindAddress {
			return csvColumn{}, invalidBatch("Field name not found : %s", header)
		}
		return csvColumn{header: header, field: f}, nil
	}
	typ, relationship, typed := strings.Cut(before, ":")
	if !typed {
		typ, relationship = "", before
	}
	parent := l.object.up[strings.ToLower(relationship)]
	if other := l.object.up[strings.ToLower(typ)]; parent == nil && other != nil && (other.polymorphic() || other.isOwner()) {
		parent, typ, relationship = other, relationship, typ
	}
	switch {
	case parent == nil:
		return csvColumn{}, invalidBatch("Unable to find relationship: %s", relationship)
	case typed && !parent.polymorphic() && !parent.isOwner():
		return csvColumn{}, invalidBatch("type is not needed for non polymorphic foreign key references: %s", relationship)
	case !typed && parent.polymorphic() && !parent.isOwner():
		return csvColumn{}, invalidBatch("type is needed for polymorphic foreign key references: %s", relationship)
	}
	for _, target := range l.org.targets(parent) {
		ob := l.org.object(target)
		if typed && !strings.EqualFold(typ, target) {
			continue
		}
		if f := ob.field(key); f.identifies() {
			return csvColumn{header: header, parent: parent, object: typ, key: f.Name}, nil
		}
	}
	return csvColumn{}, invalidBatch("Field name not found : %s", header)
}

// isOwner is a reference that points to users, and in some objects to queues
// too: whether a header names the type differs by object, and here it is free.
func (f *field) isOwner() bool { return f.Name == "OwnerId" }

// save saves a chunk in one transaction, in which each row stands for itself.
func (l *load) save(chunk []loadRow) outcomes {
	done := make(outcomes, len(chunk))
	repeated := l.repeated(chunk)
	must(l.org.transact(l.user, false, func(tx *Transaction) error {
		for i := range chunk {
			row := &chunk[i]
			err := row.bad
			if err == nil {
				err = tx.attempt(func() (err error) { done[i], err = l.saveRow(tx, row, repeated[i]); return err })
			}
			if err != nil {
				done[i] = outcome{id: row.id, faults: l.faults(err, row.cells)}
			}
		}
		return nil
	}))
	return done
}

// saveRow does to a record what a row says.
func (l *load) saveRow(tx *Transaction, row *loadRow, repeated bool) (outcome, error) {
	switch l.operation {
	case "insert":
		id, err := tx.insert(l.object, row.in)
		return outcome{id: id, created: true}, err
	case "upsert":
		if repeated {
			return outcome{}, fieldError("DUPLICATE_VALUE", []string{l.key.Name}, "Duplicate external id specified: %v", row.value(l.key))
		}
		err := tx.upsertRow(&row.collectionRow, l.key)
		return outcome{id: row.result.ID, created: *row.result.Created}, unknownRecord(err)
	}
	if row.id == "" {
		return outcome{}, refusal("MISSING_ARGUMENT", "Id not specified in an %s call", strings.ToLower(strings.TrimPrefix(l.operation, "hard")))
	}
	id, ok := longID(row.id)
	if !ok || id[:3] != l.object.KeyPrefix {
		return outcome{}, wrongID(l.object.fields[fieldID], row.id)
	}
	var err error
	switch l.operation {
	case "update":
		err = tx.update(l.object, id, row.in)
	case "delete":
		err = tx.delete(l.object, id)
	default:
		err = tx.erase(l.object, id)
	}
	return outcome{id: id}, unknownRecord(err)
}

// unknownRecord is the error of a save that does not find its record: there is
// no address to be not found.
func unknownRecord(err error) error {
	if errors.Is(err, errNotFound) {
		return missingRecord()
	}
	return err
}

// repeated tells which rows of a chunk have the key of an upsert that others
// have too.
func (l *load) repeated(chunk []loadRow) map[int]bool {
	if l.operation != "upsert" || l.key.index == fieldID {
		return nil
	}
	repeated, first := map[int]bool{}, map[string]int{}
	for i := range chunk {
		v, err := l.key.parse(assignment{name: l.key.Name, value: chunk[i].value(l.key)})
		key := l.key.key(v)
		if err != nil || key == "" {
			continue
		}
		if other, found := first[key]; found {
			repeated[i], repeated[other] = true, true
		}
		first[key] = i
	}
	return repeated
}

// notAvailable is the cell that makes a field empty.
const notAvailable = "#N/A"

// assignments are what a row assigns; empty cells leave a field as it is.
func (l *load) assignments(cells []string) []assignment {
	var in []assignment
	for i, cell := range cells {
		if cell != "" {
			in = append(in, l.columns[i].assign(cell))
		}
	}
	return in
}

// assign is a cell as the JSON of a record would say it.
func (c *csvColumn) assign(cell string) assignment {
	var v any = cell
	if cell == notAvailable {
		v = nil
	}
	switch {
	case c.parent == nil:
		return assignment{name: c.field.Name, value: v}
	case v == nil || strings.EqualFold(c.key, "Id"):
		return assignment{name: c.parent.Name, value: v}
	}
	parent := []assignment{{name: c.key, value: v}}
	if c.object != "" {
		parent = append(parent, assignment{name: "attributes", value: []assignment{{name: "type", value: c.object}}})
	}
	return assignment{name: c.parent.Relationship, value: parent}
}

// faults are what is wrong with a row.
func (l *load) faults(err error, cells []string) []*apiError {
	if bad, ok := errors.AsType[*csvRowError](err); ok {
		return []*apiError{refusal("INVALID_ROW", "%v", bad)}
	}
	list := asAPIError(err).all()
	for i, e := range list {
		if e.code == "JSON_PARSER_ERROR" {
			list[i] = l.notOfType(e, cells)
		}
	}
	return list
}

// xsdTypes are the names of types in errors of CSV data.
var xsdTypes = map[string]string{
	"boolean": "boolean", "int": "int", "date": "date", "datetime": "dateTime", "time": "time", "base64": "base64Binary",
	"double": "double", "currency": "double", "percent": "double",
}

// notOfType finds the cell whose text is no value of its field's type.
func (l *load) notOfType(e *apiError, cells []string) *apiError {
	for i, cell := range cells {
		f := l.columns[i].field
		if f == nil || cell == "" || cell == notAvailable {
			continue
		}
		if _, err := f.parse(assignment{name: f.Name, value: cell}); err != nil && asAPIError(err).code == e.code {
			return fieldError("INVALID_FIELD", []string{f.Name},
				"Failed to deserialize field at col %d. Due to, '%s' is not a valid value for the type xsd:%s", i, cell, xsdTypes[f.Type])
		}
	}
	return e
}
