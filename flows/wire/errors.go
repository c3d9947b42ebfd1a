package wire

// Error says what was being done, to what, what came back and what to do.
func (e *Error) Error() string { return e.Purpose }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
