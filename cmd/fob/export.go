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

// exportFlags set where a run is exported to, and in which format.
type exportFlags struct{ file, format string }

func (e *exportFlags) add(cmd *cobra.Command) {
	var ids, extensions []string
	for _, f := range export.Formats() {
		ids, extensions = append(ids, f.ID), append(extensions, f.Extension)
	}
	cmd.Flags().StringVar(&e.file, "export", "",
		"export the run to this `FILE`, even if it fails, with secrets as fingerprints; the extension sets "+
			"the format: "+strings.Join(extensions, ", "))
	cmd.Flags().StringVar(&e.format, "export-format", "", "export the run in this `FORMAT`: "+strings.Join(ids, ", "))
	_ = cmd.RegisterFlagCompletionFunc("export-format", completeWords(ids...))
}

// exportFile is the file for an exported run. Only its owner can read it, and an existing file is replaced when the
// export is complete. A nil exportFile discards the run.
type exportFile struct {
	temp   *os.File
	name   string
	format export.Format
	rename func(from, to string) error // files.Rename
}

// open creates the file, so that an error is reported before the user signs in; nil without --export.
func (e *exportFlags) open() (*exportFile, error) {
	if e.file == "" {
		if e.format != "" {
			return nil, usagef("--export-format %s: the file is missing: name it with --export",
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
	var formats []string
	for _, f := range export.Formats() {
		if e.format == f.ID || e.format == "" && strings.EqualFold(filepath.Ext(e.file), f.Extension) {
			return f, nil
		}
		formats = append(formats, f.ID+" ("+f.Extension+")")
	}
	if e.format != "" {
		return export.Format{}, usagef("--export-format %q is unsupported: use %s", tokens.VisibleLine(e.format),
			strings.Join(formats, ", "))
	}
	return export.Format{}, usagef("--export %s: no format has this extension: use one of %s, or --export-format",
		tokens.VisibleLine(e.file), strings.Join(formats, ", "))
}

// write writes the newest run of this process. Without one no file is left.
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
		a.note("warning: %v: the run is written to %s.new", err, tokens.VisibleLine(name))
		name += ".new"
		err = f.rename(f.temp.Name(), name)
	}
	if err == nil {
		a.note("The run was exported to %s (%s).", tokens.VisibleLine(name), f.format.Name)
		return nil
	}
	_ = os.Remove(f.temp.Name())
	if errors.Is(err, session.ErrNoRun) {
		return nil
	}
	return fmt.Errorf("exporting the run to %s: %w", tokens.VisibleLine(f.name), err)
}
