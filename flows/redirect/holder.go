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

// holder says in words what listens on a port of this machine.
func holder(port int) string {
	if runtime.GOOS == "linux" {
		return linuxHolder("/proc", port, os.Getpid())
	}
	return "another program (" + findCommand(runtime.GOOS, port) + " tells which)"
}

// findCommand is the command that tells a person what holds a port.
func findCommand(goos string, port int) string {
	switch goos {
	case "windows":
		return fmt.Sprintf("`netstat -ano | findstr :%d`", port)
	case "linux":
		return fmt.Sprintf("`sudo ss -ltnp 'sport = :%d'`", port)
	}
	return fmt.Sprintf("`lsof -nP -iTCP:%d -sTCP:LISTEN`", port)
}

// linuxHolder looks the port's socket up in /proc and then for the process that has it open.
func linuxHolder(proc string, port, self int) string {
	inodes := listening(proc, port)
	pid, name := ownerOf(proc, inodes)
	switch {
	case pid == 0:
		return "another program (" + findCommand("linux", port) + " tells which)"
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

// listening returns the inodes of the sockets that listen on the port.
func listening(proc string, port int) map[string]bool {
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

// ownerOf finds the process with one of the sockets open. Those of other users cannot be looked into: 0 then.
func ownerOf(proc string, sockets map[string]bool) (pid int, name string) {
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
