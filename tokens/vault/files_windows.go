package vault

import "io/fs"

// ownerOnly returns true: on Windows the access list of the profile folder, not mode bits, keeps other users out.
func ownerOnly(fs.FileInfo) bool { return true }

func othersCanWrite(fs.FileInfo) bool { return false }

func owner(fs.FileInfo) (uid int, trusted bool) { return -1, true }
