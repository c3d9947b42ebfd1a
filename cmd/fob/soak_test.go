package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// soak returns how often a long run repeats: FOB_SOAK, which make soak sets, else short.
func soak(short int) int {
	if n, err := strconv.Atoi(os.Getenv("FOB_SOAK")); err == nil && n > 0 {
		return n
	}
	return short
}

// killed counts the outcomes of the killed runs.
type killed struct{ runs, ended, marked, spent, whole, theft int }

// Each run is killed at a random moment, half of them about when the provider responds. What the next process prints
// must match the provider's log: without a mark the session is intact, and with one no used refresh token is sent
// unless asked.
func TestKillsDuringARefreshAreReported(t *testing.T) {
	w, p, id := newRotatingWorld(t)
	random := rand.New(rand.NewPCG(1, uint64(soak(1))))
	whole := w.duration("refresh", id)
	var sum killed
	for n := range soak(8) {
		goodBefore, reusedBefore := p.refreshes()
		sum.runs++
		if w.killAtRandom(p, random, n, whole, "refresh", id) {
			sum.ended++
		}
		good, _ := p.refreshes()
		r := w.process("", "refresh", id)
		_, reused := p.refreshes()
		switch {
		case reused != reusedBefore:
			t.Fatalf("run %d: a spent refresh token was sent unasked: exit %d\n%s", n, r.code, r.stderr)
		case r.code == 0:
			sum.whole++
			continue
		case r.code != exitPerson || !strings.Contains(r.stderr, "never arrived"):
			t.Fatalf("run %d: the session is lost without a mark (%d refreshes went well): exit %d\n%s",
				n, good-goodBefore, r.code, r.stderr)
		}
		sum.marked++
		if good != goodBefore {
			sum.spent++
		}
		id = w.afterAMark(p, id, random.IntN(2) == 0, &sum)
	}
	t.Logf("%d runs killed (%d had ended): %d sessions whole at once, %d marks (%d of them with the token spent), "+
		"%d times a person's yes was taken for theft", sum.runs, sum.ended, sum.whole, sum.marked, sum.spent, sum.theft)
}

// afterAMark continues with a session whose refresh is in doubt: a valid access token is used with a note, and then the
// user agrees to send the refresh token again, or signs in again. It returns the session to continue with.
func (w *world) afterAMark(p *rotating, id string, yes bool, sum *killed) string {
	w.t.Helper()
	if r := w.process("", "token", id); r.code != 0 || !strings.Contains(r.stderr, "never arrived") {
		w.t.Fatalf("a valid token: exit %d\n%s", r.code, r.stderr)
	}
	if yes {
		r := w.process("", "refresh", id, "--retry-refresh")
		if r.code == 0 {
			return id
		}
		explained := strings.Contains(r.stderr, "invalid_grant") && strings.Contains(r.stderr, "never arrived")
		if r.code != exitPerson || !explained {
			w.t.Fatalf("with a person's yes: exit %d\n%s", r.code, r.stderr)
		}
		sum.theft++
	}
	w.must("logout", "--local", id)
	return w.loginAliceWith(p)
}

// killAtRandom starts fob and kills it: at a moment within the duration of a whole run, or shortly before or after the
// provider responds. It reports whether the run had ended by itself.
func (w *world) killAtRandom(p *rotating, random *rand.Rand, n int, whole time.Duration, args ...string) (ended bool) {
	w.t.Helper()
	cmd := w.command(args...)
	answering := make(chan struct{}, 1)
	var hold time.Duration
	if n%2 == 0 {
		hold = time.Duration(random.Int64N(int64(whole / 2)))
	}
	p.beforeAnswers(func() {
		select {
		case answering <- struct{}{}:
		default:
		}
		time.Sleep(hold / 2) // the answer takes its time: not a wait of the test's
	})
	defer p.beforeAnswers(nil)
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	moment := make(<-chan time.Time)
	if n%2 == 0 {
		select {
		case <-answering:
			moment = time.After(hold)
		case <-done:
		}
	} else {
		moment = time.After(time.Duration(random.Int64N(int64(whole) * 5 / 4)))
	}
	select {
	case <-moment:
		_ = cmd.Process.Kill()
	case <-done:
	}
	<-done
	return cmd.ProcessState.Exited()
}

// duration returns how long an undisturbed run takes.
func (w *world) duration(args ...string) time.Duration {
	w.t.Helper()
	begun := time.Now()
	if r := w.process("", args...); r.code != 0 {
		w.t.Fatalf("fob %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return time.Since(begun)
}

// An interrupt at any moment of a refresh leaves the session intact, and no mark.
func TestAnInterruptAtEachMomentOfARefreshLosesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("LEFT OUT: Windows has no interrupt that one process can send to another alone")
	}
	w, p, id := newRotatingWorld(t)
	whole := w.duration("refresh", id)
	codes := map[int]int{}
	moments := soak(8)
	for n := range moments {
		// The response takes as long as all the rest, so that half of the interrupts arrive during the request.
		p.beforeAnswers(func() { time.Sleep(whole) })
		cmd := w.command("refresh", id)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		moment := 2 * whole * time.Duration(n) / time.Duration(moments)
		timer := time.AfterFunc(moment, func() { _ = cmd.Process.Signal(os.Interrupt) })
		_ = cmd.Wait()
		timer.Stop()
		p.beforeAnswers(nil)
		// -1 means that the signal ended the process, before fob began to handle signals.
		code := cmd.ProcessState.ExitCode()
		if codes[code]++; code != 0 && code != exitInterrupted && code != -1 {
			t.Errorf("moment %d of %d: exit %d\n%s", n, moments, code, stderr.String())
		}
		if r := w.process("", "refresh", id); r.code != 0 || r.stderr != "" && strings.Contains(r.stderr, "arrived") {
			t.Fatalf("after moment %d of %d: exit %d\n%s", n, moments, r.code, r.stderr)
		}
	}
	if _, reused := p.refreshes(); reused != 0 {
		t.Errorf("the provider's log has %d reuses", reused)
	}
	t.Logf("%d moments: exit codes %v", moments, codes)
}

// A full disk, and one that fills up, are reported before the refresh token is used. The test needs a small file
// system, so it runs where one can be made.
func TestAFullDiskIsReportedBeforeTheRefresh(t *testing.T) {
	if os.Getenv("FOB_SOAK") == "" {
		t.Skip("LEFT OUT: a part of make soak; TestProbeForFindsOutThatARecordWouldNotFit runs everywhere")
	}
	w, p, _ := newRotatingWorld(t)
	disk := t.TempDir()
	mount := exec.Command("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk)
	if out, err := mount.CombinedOutput(); err != nil {
		t.Logf("LEFT OUT: no file system of 256 KiB can be mounted here: %v %s", err, out)
		return
	}
	t.Cleanup(func() { _ = exec.Command("umount", disk).Run() })
	w.env["FOB_STATE"] = filepath.Join(disk, "state")
	id := w.loginAliceWith(p)
	for _, free := range []int{0, 1, 4, 8, 12, 16, 24, 32, 48} {
		filler := fillDisk(t, disk, free)
		_, reusedBefore := p.refreshes()
		goodBefore, _ := p.refreshes()
		r := w.process("", "refresh", id, "--no-input")
		good, reused := p.refreshes()
		if r.code != 0 && (r.code != exitVault || good != goodBefore) || reused != reusedBefore {
			t.Errorf("%d KiB free: exit %d, %d refreshes, %d reuses\n%s", free, r.code, good-goodBefore, reused,
				r.stderr)
		}
		t.Logf("%d KiB free: exit %d, %d refreshes", free, r.code, good-goodBefore)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		w.works(p, id)
	}
}

// fillDisk fills a file system except for so many KiB.
func fillDisk(t *testing.T, disk string, free int) (filler string) {
	t.Helper()
	filler = filepath.Join(disk, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	size := int64(0)
	for block := make([]byte, 1024); ; {
		n, err := f.Write(block)
		size += int64(n)
		if errors.Is(err, syscall.ENOSPC) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(max(0, size-int64(free)<<10)); err != nil {
		t.Fatal(err)
	}
	return filler
}
