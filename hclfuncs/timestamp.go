package hclfuncs

import (
	"errors"
	"math/big"
	"strconv"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func timestamp() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{},
		Type:   function.StaticReturnType(cty.String),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return cty.StringVal(time.Now().UTC().Format(time.RFC3339)), nil
		},
	})
}

// formatTimestamp is formatdate for strings and Unix seconds alike, with one
// format more: "X".
func formatTimestamp() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "format", Type: cty.String},
			{Name: "time", Type: cty.DynamicPseudoType},
		},
		Type: function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			format, when := args[0], args[1]
			unix := format.AsString() == "X"
			switch when.Type() {
			case cty.String:
				if unix {
					return unixOfRFC3339(when.AsString())
				}
				return stdlib.FormatDate(format, when)
			case cty.Number:
				t, err := unixTime(when)
				if err != nil {
					return cty.NilVal, function.NewArgError(1, err)
				}
				if unix {
					return unixSeconds(t), nil
				}
				return stdlib.FormatDate(format, cty.StringVal(t.Format(time.RFC3339)))
			}
			return cty.NilVal, function.NewArgErrorf(1, "must be a string timestamp or a unix timestamp number")
		},
	})
}

func unixOfRFC3339(text string) (cty.Value, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return cty.NilVal, function.NewArgErrorf(1, "timestamp string must be RFC3339")
	}
	return unixSeconds(t), nil
}

func unixSeconds(t time.Time) cty.Value {
	return cty.StringVal(strconv.FormatInt(t.Unix(), 10))
}

// unixTime reads a number as seconds since 1970.
func unixTime(v cty.Value) (time.Time, error) {
	seconds, accuracy := v.AsBigFloat().Int64()
	if accuracy != big.Exact {
		return time.Time{}, errors.New("unix timestamp must be an integer")
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func unixTimestampParse() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "unix_timestamp", Type: cty.Number}},
		Type:   function.StaticReturnType(calendar(time.Unix(0, 0)).Type()),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			t, err := unixTime(args[0])
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return calendar(t), nil
		},
	})
}

// calendar is the object that unixtimestampparse returns.
func calendar(t time.Time) cty.Value {
	number := func(n int) cty.Value { return cty.NumberIntVal(int64(n)) }
	isoYear, isoWeek := t.ISOWeek()
	return cty.ObjectVal(map[string]cty.Value{
		"year":         number(t.Year()),
		"year_day":     number(t.YearDay()),
		"month":        number(int(t.Month())),
		"month_name":   cty.StringVal(t.Month().String()),
		"day":          number(t.Day()),
		"weekday":      number(int(t.Weekday())),
		"weekday_name": cty.StringVal(t.Weekday().String()),
		"hour":         number(t.Hour()),
		"minute":       number(t.Minute()),
		"second":       number(t.Second()),
		"iso_year":     number(isoYear),
		"iso_week":     number(isoWeek),
		"rfc3339":      cty.StringVal(t.Format(time.RFC3339)),
	})
}
