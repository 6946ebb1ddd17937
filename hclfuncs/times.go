package hclfuncs

import (
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func timeFunctions() []Function {
	return []Function{
		{
			Name: "formatdate", Category: Times, Func: stdlib.FormatDateFunc,
			Doc: "Writes an RFC 3339 timestamp in another form. Deprecated: `formattimestamp` does the same and more, and " +
				"describes the format.",
			Examples: []Example{{`formatdate("YYYY-MM-DD", "2026-02-03T04:05:06Z")`, `"2026-02-03"`}},
		},
		{
			Name: "formattimestamp", Category: Times, Func: formatTimestamp(),
			Doc: "Writes a point in time, given as an RFC 3339 string or as Unix seconds, in another form. In the format stand " +
				"`YYYY` `YY` for the year, `MMMM` `MMM` `MM` `M` the month, `DD` `D` the day, `EEEE` `EEE` the weekday, `hh` `h` " +
				"the hour to 24, `HH` `H` to 12, `AA` `aa` AM or pm, `mm` `m` the minute, `ss` `s` the second, `ZZZZZ` `ZZZZ` " +
				"`ZZZ` `Z` the zone; other letters go between single quotes. The format `X` alone gives Unix seconds.",
			Examples: []Example{
				{`formattimestamp("YYYYMMDD-hhmmss", "2026-02-03T04:05:06Z")`, `"20260203-040506"`},
				{`formattimestamp("EEE, D MMM YYYY 'at' H aa", 1770091506)`, `"Tue, 3 Feb 2026 at 4 am"`},
				{`formattimestamp("X", "2026-02-03T04:05:06Z")`, `"1770091506"`},
			},
		},
		{
			Name: "timeadd", Category: Times, Func: stdlib.TimeAddFunc,
			Doc: "Adds a duration such as `90m`, `1h30m` or `-24h` to an RFC 3339 timestamp.",
			Examples: []Example{
				{`timeadd("2026-02-03T04:05:06Z", "-24h")`, `"2026-02-02T04:05:06Z"`},
			},
		},
		{
			Name: "timestamp", Category: Times, Func: timestamp(), Volatile: true,
			Doc: "The present time in UTC in RFC 3339 form. It differs every time, so an image that contains it is never cached.",
			Examples: []Example{
				{`can(regex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$", timestamp()))`, `true`},
			},
		},
		{
			Name: "unixtimestampparse", Category: Times, Func: unixTimestampParse(),
			Doc: "Takes Unix seconds apart, in UTC: an object with `year`, `year_day`, `month`, `month_name`, `day`, `weekday` " +
				"(Sunday is 0), `weekday_name`, `hour`, `minute`, `second`, `iso_year`, `iso_week` and `rfc3339`.",
			Examples: []Example{
				{`unixtimestampparse(1770091506).rfc3339`, `"2026-02-03T04:05:06Z"`},
				{`unixtimestampparse(1770091506).weekday_name`, `"Tuesday"`},
			},
		},
	}
}
