package wire

// SecretParameter reports whether the value of a request parameter is a secret by its name, so that it may be neither
// shown nor kept in the open.
func SecretParameter(name string) bool { return classOf(name) != open }
