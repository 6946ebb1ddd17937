package terminal

// LoggedError is an error with the end of the log of the step that failed.
type LoggedError struct {
	Err  error
	Step string
	Log  []string

	Shown bool // the display showed the log
}

func (e *LoggedError) Error() string { return e.Err.Error() }

func (e *LoggedError) Unwrap() error { return e.Err }
