package main

import "fmt"

// unit is what a figure is measured in.
type unit string

const (
	seconds   unit = "s"
	megabytes unit = "MB"
	kilobytes unit = "kB"
)

// line is what a figure must not cross: a ratio of bake to buildx, or a value of
// bake itself. A zero is no line.
type line struct {
	ratio float64
	limit float64
}

// figure is one row of the table.
type figure struct {
	name, measure string
	unit          unit
	bake, buildx  float64 // medians; buildx is 0 if it was not run
	runs          [2]int  // how many medians are of: bake, buildx
	line          line
	growth        [2]float64 // fitted exponents: bake, buildx; 0 if none was fitted
	note          string     // why buildx was not run
}

// missed reports whether a figure crosses its line.
func (f figure) missed() bool {
	return f.line.ratio > 0 && f.buildx > 0 && f.ratio() > f.line.ratio ||
		f.line.limit > 0 && f.bake > f.line.limit
}

func (f figure) ratio() float64 { return f.bake / f.buildx }

// verdict is the line and what became of it.
func (f figure) verdict() string {
	text := ""
	switch {
	case f.line.ratio > 0 && f.buildx > 0:
		text = fmt.Sprintf("<= %g x", f.line.ratio)
	case f.line.limit > 0:
		text = fmt.Sprintf("<= %g %s", f.line.limit, f.unit)
	default:
		return "-"
	}
	if f.missed() {
		return text + " MISSED"
	}
	return text + " holds"
}

// cells are the columns of the table: case, measure, bake, buildx, ratio,
// growth, verdict.
func (f figure) cells() []string {
	cells := []string{f.name, f.measure, f.value(f.bake), f.note, "", "", f.verdict()}
	if f.buildx > 0 {
		cells[3] = f.value(f.buildx)
		cells[4] = fmt.Sprintf("%.3f", f.ratio())
	}
	if f.growth[0] != 0 {
		cells[5] = fmt.Sprintf("%.2f", f.growth[0])
		if f.growth[1] != 0 {
			cells[5] += fmt.Sprintf(" : %.2f", f.growth[1])
		}
	}
	return cells
}

func (f figure) value(v float64) string {
	if f.unit == seconds {
		return fmt.Sprintf("%.3f %s", v, f.unit)
	}
	return fmt.Sprintf("%.1f %s", v, f.unit)
}

func (f figure) String() string {
	c := f.cells()
	return fmt.Sprintf("%s %s: %s : %s, ratio %s, %s", c[0], c[1], c[2], c[3], c[4], c[6])
}
