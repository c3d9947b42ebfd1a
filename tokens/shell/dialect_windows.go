package shell

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

func detect() Dialect { return dialectOf(parent(), os.Getenv) }

// parent returns the name of the parent process, or "" if it is unknown.
func parent() string {
	list, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = windows.CloseHandle(list) }()
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	wanted := uint32(os.Getppid())
	for err := windows.Process32First(list, &entry); err == nil; err = windows.Process32Next(list, &entry) {
		if entry.ProcessID == wanted {
			return windows.UTF16ToString(entry.ExeFile[:])
		}
	}
	return ""
}
