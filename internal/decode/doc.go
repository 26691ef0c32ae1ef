// Package decode reads what Salesforce sends in bulk straight into the caller's
// structs: pages of a query's result in JSON, and results of Bulk API 2.0 in
// CSV.
//
// # How it works
//
// A [Types] compiles each Go type once into a plan, a table of its fields and of
// how each is read. A decoder keeps beside the plan what it learns from the
// records that went by: in which order their keys come, and which of their texts
// repeat. The records of a result all look alike, so that the next key is
// nearly always the one that came after this key in the record before, and one
// comparison replaces the scan of a key and its search.
//
//	window   …,"Name":"Acme","Phone":null},{"attributes":{…},"Name":"Bolt",…
//	                                        ↑ one record at a time
//	texts    Acme+49 228 1234567            one allocation for each record; its
//	         ↑   ↑                          fields are parts of it
//
// The bytes pass through a window. A record that its edge cuts is decoded again
// once more of it is there, so that no state of a half-read record is kept. The
// window grows only for a record that is larger than it.
//
// # Strings
//
// The strings of one record share memory, so that whoever keeps one keeps all of
// them, except that long ones have memory of their own. A text that repeats
// within a column is kept once for all records.
//
// # Unsafe
//
// The file place_unsafe.go writes fields by their offset. The build tag
// sfbridge_safe puts place_safe.go in its stead, which goes through reflection:
// slower, and the same in all else.
package decode
