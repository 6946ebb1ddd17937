package cmd

import (
	"fmt"
	"reflect"
	"strings"

	"bake/bake/submit/report"
)

// writeReportFields writes the section about the report in metadata files, from
// the fields of its type.
func writeReportFields(b *strings.Builder) {
	fmt.Fprintf(b, "\n## The report\n\n"+
		"A metadata file has, beside what `docker buildx bake` writes, the key `%s`.\n"+
		"Times are in RFC 3339, durations in seconds; what does not apply is left out.\n\n"+
		"| field | meaning |\n|---|---|\n", report.Key)
	writeFields(b, "", reflect.TypeFor[report.Summary]())
}

// writeFields writes a row for each field of a struct, and for those of the
// structs in it.
func writeFields(b *strings.Builder, prefix string, ty reflect.Type) {
	for i := range ty.NumField() {
		field := ty.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inner, of := prefix+name+".", field.Type
		switch of.Kind() {
		case reflect.Map:
			inner, of = prefix+name+".NAME.", of.Elem()
		case reflect.Slice:
			inner, of = prefix+name+"[].", of.Elem()
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", prefix+name, field.Tag.Get("doc"))
		if of.Kind() == reflect.Struct && of.PkgPath() == ty.PkgPath() {
			writeFields(b, inner, of)
		}
	}
}
