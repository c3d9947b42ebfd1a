package redirect

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"fob/tokens"
)

// portOwner describes the process that listens on a port of this machine.
func portOwner(port int) string {
	if runtime.GOOS == "linux" {
		return linuxPortOwner("/proc", port, os.Getpid())
	}
	return "another program (" + findCommand(runtime.GOOS, port) + " shows which)"
}

// findCommand returns the command that shows which process uses a port.
func findCommand(goos string, port int) string {
	switch goos {
	case "windows":
		return fmt.Sprintf("`netstat -ano | findstr :%d`", port)
	case "linux":
		return fmt.Sprintf("`sudo ss -ltnp 'sport = :%d'`", port)
	}
	return fmt.Sprintf("`lsof -nP -iTCP:%d -sTCP:LISTEN`", port)
}

// linuxPortOwner finds the port's socket in /proc and then the process that has it open.
func linuxPortOwner(proc string, port, self int) string {
	inodes := listeningSockets(proc, port)
	pid, name := socketOwner(proc, inodes)
	switch {
	case pid == 0:
		return "another program (" + findCommand("linux", port) + " shows which)"
	case pid == self:
		return fmt.Sprintf("this fob itself (pid %d)", pid)
	}
	return fmt.Sprintf("%s (pid %d)", name, pid)
}

// The columns of /proc/net/tcp, and the state of a listening socket there.
const (
	columnLocal = 1
	columnState = 3
	columnInode = 9
	stateListen = "0A"
)

// listeningSockets returns the inodes of the sockets that listen on the port.
func listeningSockets(proc string, port int) map[string]bool {
	inodes := map[string]bool{}
	for _, file := range []string{"net/tcp", "net/tcp6"} {
		f, err := os.Open(filepath.Join(proc, file))
		if err != nil {
			continue
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			columns := strings.Fields(s.Text())
			if len(columns) <= columnInode || columns[columnState] != stateListen {
				continue
			}
			_, hexPort, _ := strings.Cut(columns[columnLocal], ":")
			if n, err := strconv.ParseUint(hexPort, 16, 16); err == nil && int(n) == port {
				inodes["socket:["+columns[columnInode]+"]"] = true
			}
		}
		_ = f.Close()
	}
	return inodes
}

// socketOwner returns the process that has one of the sockets open; 0 if it belongs to another user and cannot be read.
func socketOwner(proc string, sockets map[string]bool) (pid int, name string) {
	if len(sockets) == 0 {
		return 0, ""
	}
	processes, _ := os.ReadDir(proc)
	for _, p := range processes {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		folder := filepath.Join(proc, p.Name(), "fd")
		files, _ := os.ReadDir(folder)
		for _, f := range files {
			if link, err := os.Readlink(filepath.Join(folder, f.Name())); err == nil && sockets[link] {
				return pid, processName(proc, p.Name())
			}
		}
	}
	return 0, ""
}

func processName(proc, pid string) string {
	comm, err := os.ReadFile(filepath.Join(proc, pid, "comm"))
	name := strings.TrimSpace(string(comm))
	if err != nil || name == "" {
		return "a process"
	}
	return tokens.VisibleLine(name)
}
