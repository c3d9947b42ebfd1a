package profile

import "errors"

// ParseError says where the file is wrong and what was expected there.
type ParseError struct {
	File     string
	Line     int
	Column   int
	Message  string
	Expected string
	Excerpt  string
}

func (e *ParseError) Error() string { return e.Message }

var errNotYet = errors.New("profile: not there yet")

func Load(path string, s Schema) (*File, error) { return nil, errNotYet }
func (f *File) Save() error {
	if f.path == "" {
		return nil
	}
	return errNotYet
}
