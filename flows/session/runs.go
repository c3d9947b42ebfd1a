package session

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/export"
	"fob/tokens"
)

// Limits of the recorded runs of this process.
const (
	maxRuns  = 20
	maxSteps = 500 // of one run: a device grant without approval polls on and on
)

// pastRun is a recorded login or renewal of this process, for diagnosis and export.
type pastRun struct {
	export.Run
	SessionID string // "" if there is no session
	StartedAt time.Time
	Dropped   int            // number of steps removed from the middle
	Failed    error          // the error of the run; nil on success
	Context   doctor.Context // for the diagnosis of Failed
}

// runRecorder records the steps of a run and passes them on to observe.
type runRecorder struct {
	s       *Service
	observe func(flows.Step)
	record  pastRun
}

func (s *Service) recordRun(p *plan, observe func(flows.Step)) *runRecorder {
	return &runRecorder{s: s, observe: observe, record: pastRun{StartedAt: s.o.Now(),
		Run: export.Run{Session: p.profile, Grant: p.grant.ID, Issuer: p.issuer, ClientID: p.clientID}}}
}

func (w *runRecorder) step(s flows.Step) {
	if len(w.record.Steps) >= maxSteps {
		// The first steps show the request, the last ones the outcome.
		w.record.Steps = slices.Delete(w.record.Steps, maxSteps/2, maxSteps/2+1)
		w.record.Dropped++
	}
	w.record.Steps = append(w.record.Steps, s)
	if w.observe != nil {
		w.observe(s)
	}
}

// finish adds the record to the service's runs. run may be nil.
func (w *runRecorder) finish(p *plan, run *flows.Run, result Result, err error) {
	r := &w.record
	r.Ledger = result.Meta.Ledger
	if result.Meta.ID != "" {
		r.SessionID, r.Session = result.Meta.ID, result.Meta.Label
	}
	if err != nil {
		r.Err, r.Failed = tokens.Visible(err.Error()), err
		r.Context = runContext(w.s, p, run, r.Steps)
		r.Context.Session = r.SessionID
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.runs = append(w.s.runs, w.record)
	if over := len(w.s.runs) - maxRuns; over > 0 {
		w.s.runs = slices.Delete(w.s.runs, 0, over)
	}
}

// pastRuns returns the logins and renewals of this process, oldest first: at most maxRuns.
func (s *Service) pastRuns() []pastRun {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.runs)
}

// ErrNoRun means that this process has no recorded run to export.
var ErrNoRun = errors.New("this process has recorded no run")

// ExportRun writes the newest run of this process in a format of export.Formats.
func (s *Service) ExportRun(w io.Writer, format string) error {
	f, ok := export.FormatByID(format)
	if !ok {
		var ids []string
		for _, f := range export.Formats() {
			ids = append(ids, f.ID)
		}
		return &flows.InputError{Input: "format", Value: format, Expected: "one of " + strings.Join(ids, ", ")}
	}
	if all := s.pastRuns(); len(all) > 0 {
		return f.Write(w, all[len(all)-1].Run)
	}
	return fmt.Errorf("exporting a run: %w: steps are recorded until the process ends, "+
		"and the session stores only its ledger", ErrNoRun)
}
