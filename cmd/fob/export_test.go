package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fob/flows/session"
	"fob/tokens/files"
)

// An export is kept if a viewer has the old file open.
func TestAnExportThatCannotBeReplacedIsWrittenBesideIt(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	var stdout, stderr safeBuffer
	a := w.app(strings.NewReader(""), &stdout, &stderr)
	svc, err := a.service(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = svc.Login(t.Context(), session.LoginRequest{Issuer: s.Issuer(), ClientID: "demo-service",
		ClientSecret: s.Description().Client("demo-service").ClientSecret, Grant: "client_credentials"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := w.file("run.md", "the last one")
	file, err := (&exportFlags{file: path}).open()
	if err != nil {
		t.Fatal(err)
	}
	file.rename = func(from, to string) error {
		if to == path {
			return &os.LinkError{Op: "rename", Old: from, New: to, Err: files.ErrInUse}
		}
		return os.Rename(from, to)
	}
	if err := file.write(a, svc); err != nil {
		t.Fatalf("got %v, want it written beside", err)
	}
	data, err := os.ReadFile(path + ".new")
	if err != nil || !strings.Contains(string(data), s.Issuer()) || !strings.Contains(stderr.String(), path+".new") {
		t.Errorf("got %q, %v, and said %q", data, err, stderr.String())
	}
	if last, err := os.ReadFile(path); err != nil || string(last) != "the last one" {
		t.Errorf("the last one is %q, %v", last, err)
	}
	if left, err := filepath.Glob(filepath.Join(w.dir, ".fob-export-*")); len(left) != 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}
