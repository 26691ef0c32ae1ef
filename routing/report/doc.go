// Package report makes the results report of an appointment as a PDF: who was
// visited and by whom, what came of it, and the estimate with all its lines.
// [Renderer] is a routing.Renderer.
//
// Any Latin, Greek or Cyrillic text prints as it is, in Liberation Sans, which
// is embedded as far as it is used. Other scripts, such as Chinese or Japanese,
// need a font of the host's that has them ([Config.Font]); without one their
// characters print as an empty box. Text that runs from right to left is not
// laid out.
//
// The same report gives the same bytes.
package report
