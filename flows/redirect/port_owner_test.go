package redirect

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// fakeProc is a /proc in which process 42 listens on port 8000 (IPv4) and process 43 on 8001 (IPv6), while the owner of
// 8002 cannot be looked into.
func fakeProc(t *testing.T) string {
	t.Helper()
	proc := t.TempDir()
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	files := map[string]string{
		"net/tcp": head +
			"   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1\n" +
			"   1: 0100007F:1F42 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 113 1\n" +
			"   2: 0100007F:1F43 0100007F:1F40 01 00000000:00000000 00:00000000 00000000  1000        0 114 1\n" +
			"garbage\n",
		"net/tcp6": head + "   0: 00000000000000000000000001000000:1F41 00000000000000000000000000000000:0000 0A " +
			"00000000:00000000 00:00000000 00000000  1000        0 112 1\n",
		"42/comm": "web\x1b[2J\n",
		"43/comm": "",
		"self":    "",
	}
	for name, text := range files {
		path := filepath.Join(proc, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for fd, target := range map[string]string{"42/fd/3": "socket:[111]", "43/fd/7": "socket:[112]",
		"42/fd/4": "/dev/null", "42/fd/5": "socket:[114]"} {
		path := filepath.Join(proc, fd)
		_ = os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	return proc
}

func TestTheHolderOfAPortIsNamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: there is no /proc, and no links to make one of")
	}
	proc := fakeProc(t)
	for _, c := range []struct {
		port, self int
		want       string
	}{
		{8000, 1, "web␛[2J (pid 42)"},
		{8000, 42, "this fob itself (pid 42)"},
		{8001, 1, "a process (pid 43)"},
		{8002, 1, "`sudo ss -ltnp 'sport = :8002'`"}, // not permitted to know
		{8003, 1, "`sudo ss -ltnp 'sport = :8003'`"}, // connected, not listening
	} {
		if got := linuxPortOwner(proc, c.port, c.self); !strings.Contains(got, c.want) {
			t.Errorf("port %d as process %d: got %q, want %q", c.port, c.self, got, c.want)
		}
	}
	if got := linuxPortOwner(filepath.Join(proc, "none"), 1, 1); !strings.Contains(got, "ss -ltnp") {
		t.Errorf("without a /proc: got %q, want the command to find out", got)
	}
	for goos, want := range map[string]string{"windows": "netstat -ano | findstr :80", "darwin": "lsof -nP -iTCP:80"} {
		if got := findCommand(goos, 80); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", goos, got, want)
		}
	}
}
