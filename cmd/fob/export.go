package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows/export"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/files"
)

// exportFlags say where a run is written down, and how.
type exportFlags struct{ file, format string }

func (e *exportFlags) add(cmd *cobra.Command) {
	var ids, extensions []string
	for _, f := range export.Formats() {
		ids, extensions = append(ids, f.ID), append(extensions, f.Extension)
	}
	cmd.Flags().StringVar(&e.file, "export", "",
		"write the run to this `FILE`, also when it fails, secrets as fingerprints; its ending says how: "+
			""+strings.Join(extensions, ", "))
	cmd.Flags().StringVar(&e.format, "export-format", "", "write the run as this `FORMAT`: "+strings.Join(ids, ", "))
	_ = cmd.RegisterFlagCompletionFunc("export-format", completeWords(ids...))
}

// exportFile is a file that a run is written to. Nobody but its owner can read it, and what was there before stays
// until the run is written. A nil one is no file.
type exportFile struct {
	temp   *os.File
	name   string
	format export.Format
	rename func(from, to string) error // files.Rename
}

// open makes the file, before anybody is sent to sign in; nil when none is asked for.
func (e *exportFlags) open() (*exportFile, error) {
	if e.file == "" {
		if e.format != "" {
			return nil, usagef("--export-format %s: where to? name the file with --export",
				tokens.VisibleLine(e.format))
		}
		return nil, nil
	}
	format, err := e.chosen()
	if err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(filepath.Dir(e.file), ".fob-export-*") // its mode is 0600
	if err != nil {
		return nil, usagef("--export: %w", err)
	}
	return &exportFile{temp: temp, name: e.file, format: format, rename: files.Rename}, nil
}

func (e *exportFlags) chosen() (export.Format, error) {
	var known []string
	for _, f := range export.Formats() {
		if e.format == f.ID || e.format == "" && strings.EqualFold(filepath.Ext(e.file), f.Extension) {
			return f, nil
		}
		known = append(known, f.ID+" ("+f.Extension+")")
	}
	if e.format != "" {
		return export.Format{}, usagef("--export-format %q is not known: use %s", tokens.VisibleLine(e.format),
			strings.Join(known, ", "))
	}
	return export.Format{}, usagef("--export %s: its ending names no format: use one of %s, or --export-format",
		tokens.VisibleLine(e.file), strings.Join(known, ", "))
}

// write writes the newest run of this process. A command that made none leaves no file.
func (f *exportFile) write(a *app, svc *session.Service) error {
	if f == nil {
		return nil
	}
	err := svc.ExportRun(f.temp, f.format.ID)
	err = errors.Join(err, f.temp.Close())
	name := f.name
	if err == nil {
		err = f.rename(f.temp.Name(), name)
	}
	if errors.Is(err, files.ErrInUse) {
		a.note("warning: %v: the run is written beside it", err)
		name += ".new"
		err = f.rename(f.temp.Name(), name)
	}
	if err == nil {
		a.note("The run is in %s (%s).", tokens.VisibleLine(name), f.format.Name)
		return nil
	}
	_ = os.Remove(f.temp.Name())
	if errors.Is(err, session.ErrNoRun) {
		return nil
	}
	return fmt.Errorf("writing the run to %s: %w", tokens.VisibleLine(f.name), err)
}
