package terminal

// The ANSI styles in use. Their names say what they are for.
const (
	StyleError   = "\x1b[1;31m"
	StyleWarning = "\x1b[1;33m"
	StyleGood    = "\x1b[32m"
	StyleMark    = "\x1b[1;36m"
	StyleFaint   = "\x1b[2m"
	StyleBold    = "\x1b[1m"
	styleReset   = "\x1b[0m"
)

// Paint puts a style around text where colours are wanted.
func (s Streams) Paint(style, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return style + text + styleReset
}
