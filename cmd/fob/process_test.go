package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"fob/tokens/vault"
)

// asProgram makes the test binary the program itself, so that tests see what a shell, a pipe and a signal see.
const asProgram = "FOB_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		// A script's background job ignores some of these signals, and so would every program that a test starts.
		for _, s := range endSignals() {
			if signal.Ignored(s) {
				signal.Notify(make(chan os.Signal, 1), s)
			}
		}
		os.Exit(m.Run())
	}
	runProgram(func(a *app) {
		a.backend = folderBackend{os.Getenv("FOB_TEST_KEYRING")}
		disturb(a)
		// Libraries must not print through the standard logger: every test that wants an empty stderr would fail.
		log.Print("a stray line of the standard logger")
		slog.Error("a stray line of the structured logger")
	})
}

// folderBackend stores items in files, so that processes share them. It does not encrypt and is only for tests.
type folderBackend struct{ dir string }

func (f folderBackend) Name() string { return "folder" }

func (f folderBackend) path(item string) string {
	return filepath.Join(f.dir, base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(item)))
}

func (f folderBackend) Get(_ context.Context, item string) ([]byte, error) {
	data, err := os.ReadFile(f.path(item))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, vault.ErrNotFound
	}
	return data, err
}

func (f folderBackend) Set(_ context.Context, item string, value []byte) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(f.path(item), value, 0o600)
}

func (f folderBackend) Delete(_ context.Context, item string) error {
	err := os.Remove(f.path(item))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// process runs the program in a separate process. It shares only the folders of the world with the test and with other
// processes.
func (w *world) process(stdin string, args ...string) ran {
	w.t.Helper()
	cmd := w.command(args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return ran{args: args, out: out.String(), stderr: stderr.String(), code: cmd.ProcessState.ExitCode()}
}

func (w *world) command(args ...string) *exec.Cmd {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	w.t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(w.environ(), asProgram+"=1", "FOB_TEST_KEYRING="+filepath.Join(w.dir, "keyring"))
	cmd.Dir = w.dir
	return cmd
}

func TestProcessesShareSessionsAndPrintOnlyResults(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["S"] = secretOf(s, "demo-service")
	r := w.process("", "login", "--issuer", s.Issuer(), "--client-id", "demo-service", "--grant",
		"client_credentials", "--client-secret-env", "S", "--json")
	if r.code != 0 || strings.Count(r.out, "\n") != 1 {
		t.Fatalf("login: exit %d, printed %q\n%s", r.code, r.out, r.stderr)
	}
	id := parse[loginJSON](t, r.out).Session
	token := w.process("", "token", id)
	if token.code != 0 || strings.Count(token.out, "\n") != 1 || strings.Count(token.out, ".") != 2 ||
		token.stderr != "" {
		t.Errorf("token: exit %d, printed %q, said %q", token.code, token.out, token.stderr)
	}
	if r := w.process("", "call", id, "GET", s.API()+"/me"); r.code != 0 ||
		!strings.Contains(r.out, `"client_id":"demo-service"`) || r.stderr != "" {
		t.Errorf("call: exit %d, printed %q, said %q", r.code, r.out, r.stderr)
	}
	if r := w.process("", "logout", id); r.code != 0 || r.out != "" {
		t.Errorf("logout: exit %d, printed %q", r.code, r.out)
	}
	if r := w.process("", "list", "--json"); r.out != "[]\n" {
		t.Errorf("list printed %q", r.out)
	}
	if items, err := os.ReadDir(filepath.Join(w.dir, "keyring")); err != nil || len(items) != 0 {
		t.Errorf("after logout the keyring holds %d items (%v)", len(items), err)
	}
}

// A server that sends two responses to a request makes net/http log the second, which may contain the token.
func TestNothingWritesToStandardErrorButThePrinter(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["S"] = secretOf(s, "demo-service")
	login := w.process("", "login", "--issuer", s.Issuer(), "--client-id", "demo-service",
		"--grant", "client_credentials", "--client-secret-env", "S", "--json")
	id := parse[loginJSON](t, login.out).Session
	token := strings.TrimSpace(w.process("", "token", id).out)
	url := answerTwice(t)
	for range 3 {
		r := w.process("", "call", id, "GET", url)
		if r.code != 0 || r.stderr != "" || r.out != `{"a":1}` {
			t.Errorf("exit %d, printed %q, said %q (the token is in it: %t); want nothing said",
				r.code, r.out, r.stderr, strings.Contains(r.stderr, token))
		}
	}
}

// answerTwice sends two responses to the first request of each connection; the second contains what was received.
func answerTwice(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				for _, body := range []string{`{"a":1}`, r.Header.Get("Authorization")} {
					const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
					_, _ = fmt.Fprintf(c, "%s%d\r\n\r\n%s", head, len(body), body)
				}
				_, _ = c.Read(make([]byte, 1)) // until the client hangs up
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/two"
}

// A profile that "was added" is in the file, whatever other processes add at the same time.
func TestProfilesAddedAtOnceAreAllInTheFile(t *testing.T) {
	w := newWorld(t)
	const processes = 8
	results := make(chan ran, processes)
	for i := range processes {
		name := "p" + strconv.Itoa(i)
		if i >= processes-2 {
			name = "same" // only one of the two may say that it added it
		}
		go func() {
			results <- w.process("", "profile", "add", name, "--issuer", "https://a.example", "--client-id",
				strconv.Itoa(i))
		}()
	}
	added, refused := 0, 0
	for range processes {
		switch r := <-results; {
		case r.code == 0 && strings.Contains(r.stderr, "was added"):
			added++
		case r.code == 2 && strings.Contains(r.stderr, "--replace"):
			refused++
		default:
			t.Errorf("%q: exit %d, said %q", r.args, r.code, r.stderr)
		}
	}
	list := parse[[]profileJSON](t, w.process("", "profile", "list", "--json").out)
	if added != processes-1 || refused != 1 || len(list) != added {
		t.Errorf("%d said that they added, %d that it is there, and the file has %d: want 7, 1 and 7",
			added, refused, len(list))
	}
}

func TestExecReplacesTheProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: the commands of this test need a Unix shell")
	}
	w := newWorld(t)
	s := w.startDemo()
	w.env["S"] = secretOf(s, "demo-service")
	id := parse[loginJSON](t, w.process("", "login", "--issuer", s.Issuer(), "--client-id", "demo-service",
		"--grant", "client_credentials", "--client-secret-env", "S", "--json").out).Session
	token := w.process("", "token", id).out
	for _, c := range []struct {
		name, stdin, wantOut string
		wantCode             int
		command              []string
	}{
		{name: "the token is in its environment", command: []string{"sh", "-c", `echo "$FOB_ACCESS_TOKEN"`},
			wantOut: token},
		{name: "its exit code is fob's", command: []string{"sh", "-c", "exit 42"}, wantCode: 42},
		{name: "standard input is its", command: []string{"cat"}, stdin: "in\n", wantOut: "in\n"},
		{name: "a signal reaches it", command: []string{"sh", "-c", `trap 'echo caught; exit 7' TERM; kill -TERM $$`},
			wantOut: "caught\n", wantCode: 7},
		{name: "a signal ends it", command: []string{"sh", "-c", `kill -TERM $$`}, wantCode: -1},
		{name: "it is not there", command: []string{"no-such-command-anywhere"}, wantCode: exitNotFound},
	} {
		r := w.process(c.stdin, append([]string{"exec", id, "--"}, c.command...)...)
		if r.code != c.wantCode || r.out != c.wantOut {
			t.Errorf("%s: exit %d, want %d; printed %q, want %q\n%s", c.name, r.code, c.wantCode, r.out, c.wantOut,
				r.stderr)
		}
	}
}

func TestServePrintsOneLineAndEndsOnASignal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: Windows has no interrupt that one process can send to another alone")
	}
	w := newWorld(t)
	cmd := w.command("demo", "--serve", "--auto-consent", "--fault", "slow-down")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	about := parse[struct {
		Issuer, API string
		Clients     []map[string]any
		Users       []string
	}](t, line)
	if !strings.HasPrefix(about.Issuer, "http://127.0.0.1:") || about.API != about.Issuer+"/api" ||
		len(about.Clients) < 2 || len(about.Users) != 3 {
		t.Errorf("printed %s", line)
	}
	if r := w.process("", "provider", about.Issuer, "--json"); r.code != 0 {
		t.Errorf("the provider does not answer: %s", r.stderr)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if rest, _ := lines.ReadString(0); rest != "" {
		t.Errorf("printed more: %q", rest)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("a signal ended it with %v, want exit 0", err)
	}
}

// A login that waits for a user is interrupted: exit code 130, and the listener is closed.
func TestInterruptingALogin(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: Windows has no interrupt that one process can send to another alone")
	}
	w := newWorld(t)
	s := w.startDemo()
	cmd := w.command(append(aliceArgs(s), "--no-browser")...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	scan, last := bufio.NewScanner(stderr), ""
	for scan.Scan() {
		last = scan.Text()
		if strings.HasPrefix(last, s.Issuer()) { // it waits from here on
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitInterrupted {
		t.Errorf("exit %d, want %d", got, exitInterrupted)
	}
	if !strings.HasPrefix(last, "fob: waiting for the browser") || !strings.HasSuffix(last, ": interrupted") {
		t.Errorf("the last words are %q, want what was interrupted", last)
	}
}
