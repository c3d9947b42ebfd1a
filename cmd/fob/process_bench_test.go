//go:build linux

// LEFT OUT elsewhere: benchmarks that read /proc, no tests.

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"fob/tokens"
	"fob/tokens/vault"
)

// These benchmarks measure the whole process: the start-up of a verb compared with a bare program that links the same
// libraries, the time to the first frame, and the cost of idling with many countdowns.

func buildForBench(b *testing.B, pkg, name string) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), name)
	if out, err := exec.Command("go", "build", "-trimpath", "-o", path, pkg).CombinedOutput(); err != nil {
		b.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return path
}

func BenchmarkVersionProcess(b *testing.B) {
	binary := buildForBench(b, "fob/cmd/fob", "fob")
	for b.Loop() {
		if out, err := exec.Command(binary, "version").CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}

// bareProgram links the five libraries of fob and does nothing: it measures the start-up cost before fob's own code
// runs.
const bareProgram = `package main

import (
	"os"

	_ "fob/ui/terminal/background"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/zalando/go-keyring"
)

var keep = []any{textinput.New, tea.NewProgram, lipgloss.NewStyle, jwt.Parse, keyring.Get}

func main() { os.Stdout.WriteString("bare\n") }
`

func BenchmarkBareProcess(b *testing.B) {
	dir, err := os.MkdirTemp(".", "bare-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(bareProgram), 0o600); err != nil {
		b.Fatal(err)
	}
	binary := buildForBench(b, "./"+dir, "bare")
	for b.Loop() {
		if out, err := exec.Command(binary).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}

// BenchmarkFirstFrameOfTheDemo starts `fob demo` on a terminal that answers no queries and stops the clock when the
// tabs of the workbench are shown.
func BenchmarkFirstFrameOfTheDemo(b *testing.B) {
	binary := buildForBench(b, "fob/cmd/fob", "fob")
	for b.Loop() {
		onTerminal(b, exec.Command(binary, "demo"), []byte("Trace"), func(*exec.Cmd) {})
	}
}

// BenchmarkIdleWithAHundredCountdowns reports cpu-% of one core while a hundred sessions count down without input.
func BenchmarkIdleWithAHundredCountdowns(b *testing.B) {
	binary := buildForBench(b, "fob/cmd/fob", "fob")
	state := b.TempDir()
	writeSessions(b, state, 100)
	const watched = 5 * time.Second
	var total float64
	for b.Loop() {
		cmd := exec.Command(binary)
		cmd.Env = append(os.Environ(), "FOB_STATE="+state, "DBUS_SESSION_BUS_ADDRESS=",
			"FOB_CONFIG="+filepath.Join(state, "none.yaml"))
		onTerminal(b, cmd, []byte("100 sessions"), func(c *exec.Cmd) {
			before := cpuTime(b, c.Process.Pid)
			time.Sleep(watched) // the quantity measured is what happens while time passes
			total += float64(cpuTime(b, c.Process.Pid)-before) / float64(watched) * 100
		})
	}
	b.ReportMetric(total/float64(b.N), "cpu-%")
}

func writeSessions(b *testing.B, dir string, n int) {
	b.Helper()
	store, err := vault.Open(vault.Config{Dir: dir, Backend: vault.NewMemory()})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	for i := range n {
		r := vault.Record{Meta: vault.Meta{ID: fmt.Sprintf("bench%07d", i), Label: fmt.Sprintf("user %d", i),
			Issuer:   "https://login.example.com",
			ClientID: "c", Grant: "authorization_code", Kinds: []tokens.Kind{tokens.Access, tokens.Refresh},
			CreatedAt: now, ReceivedAt: now,
			ExpiresAt: now.Add(time.Duration(i+10) * time.Minute)}}
		r.Secrets.Set.AccessToken = tokens.NewSecret(strings.Repeat("x", 40))
		if err := store.Put(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}

// cpuTime returns the user and system time of a process.
func cpuTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+2:]))
	var ticks int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond // a tick is 10 ms on Linux
}

// onTerminal runs the command on a silent terminal of 120x40, waits until its output contains want, calls do and ends
// it.
func onTerminal(b *testing.B, cmd *exec.Cmd, want []byte, do func(*exec.Cmd)) {
	b.Helper()
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "BROWSER=false")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	var out bytes.Buffer
	found, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		buf, seen := make([]byte, 64<<10), false
		for {
			n, err := terminal.Read(buf)
			mu.Lock()
			out.Write(buf[:n])
			if !seen && bytes.Contains(out.Bytes(), want) {
				seen = true
				close(found)
			}
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	select {
	case <-found:
	case <-time.After(20 * time.Second):
		mu.Lock()
		seen, _ := json.Marshal(out.String())
		mu.Unlock()
		b.Fatalf("%s was not shown on the terminal; it shows %s", want, seen)
	}
	b.StopTimer()
	do(cmd)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	_ = terminal.Close()
	<-ended
	b.StartTimer()
}
