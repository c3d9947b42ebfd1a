//go:build !unix

package profile

import "io/fs"

// writableByOthers cannot tell where files have no modes: access lists are not read.
func writableByOthers(fs.FileInfo) string { return "" }
