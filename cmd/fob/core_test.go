//go:build linux

// LEFT OUT elsewhere: limits of core dumps are read from /proc.

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// withCores makes a command start with the highest allowed limit of core dumps, which it returns.
func withCores(t *testing.T, cmd *exec.Cmd) (limit string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", "ulimit -H -c").Output()
	if limit = strings.TrimSpace(string(out)); err != nil || limit == "0" {
		t.Skipf("LEFT OUT: no process may write a core here (%s, %v)", limit, err)
	}
	cmd.Args = append([]string{"sh", "-c", `ulimit -S -c ` + limit + `; exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	return limit
}

func TestCoreDumpsAreDisabled(t *testing.T) {
	w := newWorld(t)
	var limit string
	c := w.console(func(cmd *exec.Cmd) { limit = withCores(t, cmd) }, "demo", "--serve")
	c.await(0, "issuer")
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", c.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); strings.HasPrefix(line, "Max core file size") && (f[4] != "0" || f[5] != limit) {
			t.Errorf("got the limits %s and %s, want 0 and %s", f[4], f[5], limit)
		}
	}
}

func TestChildProcessesGetTheOriginalCoreLimit(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["S"] = secretOf(s, "demo-service")
	login := []string{"login", "--issuer", s.Issuer(), "--client-id", "demo-service", "--grant", "client_credentials"}
	id := parse[loginJSON](t, w.process("", append(login, "--client-secret-env", "S", "--json")...).out).Session
	w.env["EDITOR"] = w.file("editor.sh", "#!/bin/sh\nulimit -c\n")
	if err := os.Chmod(w.env["EDITOR"], 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"exec", id, "--", "sh", "-c", "ulimit -c"}, {"profile", "edit"}} {
		cmd := w.command(args...)
		limit := withCores(t, cmd)
		out, err := cmd.CombinedOutput()
		if first, _, _ := strings.Cut(string(out), "\n"); err != nil || first != limit {
			t.Errorf("%v: got the limit %q, want %q (%v)\n%s", args, first, limit, err, out)
		}
	}
}
