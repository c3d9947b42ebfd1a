package files

import "io/fs"

// OwnerOnly returns true: on Windows the access list of the profile folder, not mode bits, keeps other users out.
func OwnerOnly(fs.FileInfo) bool { return true }

// WritableByOthers returns false: access lists are not read.
func WritableByOthers(fs.FileInfo) bool { return false }

// ForeignOwner returns false: access lists are not read.
func ForeignOwner(fs.FileInfo) (uid int, foreign bool) { return -1, false }
