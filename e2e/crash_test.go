package e2e_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"counterfoil/internal/store/storetest"
)

// process is the program as it ships, running as a process of its own.
type process struct {
	*bank
	cmd  *exec.Cmd
	over chan struct{}
}

// launch starts the program and waits until it is ready. Processes on one database share a data dir, as they share keys.
func launch(t *testing.T, program, database, dir string) *process {
	t.Helper()
	wallet, management, portal := "localhost:"+freePort(t), "127.0.0.1:"+freePort(t), "127.0.0.1:"+freePort(t)
	p := &process{bank: &bank{t: t, dir: dir, wallet: "http://" + wallet, management: "http://" + management}, over: make(chan struct{})}
	p.cmd = exec.Command(program, "demo")
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir},
		"COUNTERFOIL_DATA_DIR="+dir, "COUNTERFOIL_DATABASE_URL="+database, "COUNTERFOIL_PUBLIC_URL=http://"+wallet, "COUNTERFOIL_PUBLIC_ADDR="+wallet,
		"COUNTERFOIL_MANAGEMENT_ADDR="+management, "COUNTERFOIL_PORTAL_ADDR="+portal)
	var out bytes.Buffer
	p.cmd.Stdout, p.cmd.Stderr = &out, &out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.over)
		_ = p.cmd.Wait() // it is killed
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.over
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "counterfoil.log"))
			t.Logf("the program said:\n%s\nand logged:\n%s", out.String(), log)
		}
	})
	eventually(t, patience, "the program is ready", func() bool {
		status, _, err := send(http.MethodGet, p.management+"/readyz", nil)
		return err == nil && status == http.StatusOK
	})
	return p
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) } // it may have ended

// kill ends the process as a power cut does.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.over
}

// takeover is longer than a lease lasts: then another process may send what a dead one had taken.
const takeover = 30 * time.Second

// CB-091, CB-092, CB-093.
func TestCallbacks_survive_that_the_program_is_killed(t *testing.T) {
	t.Parallel()
	const offers = 500 // two events each
	program, database, dir := goBuild(t, "..", "./cmd/counterfoil"), storetest.PostgreSQL(t), t.TempDir()
	m := newMailbox(t, hold(20*time.Millisecond))
	first := launch(t, program, database, dir)
	callback := first.subscribe(m.server.URL)
	first.act(callback, "pause")
	ids := first.cancelled(offers)
	first.act(callback, "resume")
	eventually(t, patience, "deliveries are under way", func() bool { return m.came() > offers/2 })
	first.kill()
	before := m.came()
	if before >= 2*offers {
		t.Fatal("everything came before the program was killed")
	}
	second := launch(t, program, database, dir)
	eventually(t, takeover+patience, "nothing is lost", func() bool { return m.complete(ids, "OFFER_CREATED", "FAILED") })
	eventually(t, takeover+patience, "nothing is left", func() bool { return second.queued(callback) == 0 })
	twice := m.honest(t)
	if len(twice) > 2*offers/100 { // CB-093
		t.Errorf("%d of %d came twice", len(twice), 2*offers)
	}
	t.Logf("killed after %d calls; %d of %d came twice", before, len(twice), 2*offers)
}

// CB-093, CB-094.
func TestCallbacks_of_two_processes_are_sent_once_and_taken_over(t *testing.T) {
	t.Parallel()
	const offers = 100
	program, database, dir := goBuild(t, "..", "./cmd/counterfoil"), storetest.PostgreSQL(t), t.TempDir()
	m := newMailbox(t, hold(50*time.Millisecond))
	stays := launch(t, program, database, dir)
	frozen := launch(t, program, database, dir)
	killed := launch(t, program, database, dir)
	callback := stays.subscribe(m.server.URL)

	ids := append(append(stays.cancelled(offers/2), frozen.cancelled(offers/2)...), killed.cancelled(offers/2)...)
	eventually(t, patience, "everything came", func() bool { return m.complete(ids, "OFFER_CREATED", "FAILED") })
	if twice := m.honest(t); len(twice) > 0 {
		t.Errorf("while all were well these came twice: %v", twice)
	}

	for _, victim := range []struct {
		name   string
		p      *process
		others []*process
		end    func()
	}{
		{"frozen", frozen, []*process{stays, killed}, func() { frozen.signal(syscall.SIGSTOP) }},
		{"killed", killed, []*process{stays}, killed.kill}, // the frozen one still is
	} {
		before := len(m.honest(t))
		began, ids := holdUp(t, m, victim.p, victim.others, callback, victim.end)
		eventually(t, takeover+patience, victim.name+": the others take over", func() bool {
			return m.complete(ids, "OFFER_CREATED", "FAILED") && stays.queued(callback) == 0
		})
		if took := time.Since(began); took > takeover {
			t.Errorf("%s: taken over after %s", victim.name, took)
		}
		if n := len(m.honest(t)) - before; n == 0 {
			t.Errorf("%s: nothing came twice, so it held nothing", victim.name)
		}
	}
	// The one that was frozen wakes up and believes that it still holds what it had taken: its word changes nothing.
	frozen.signal(syscall.SIGCONT)
	eventually(t, patience, "it is awake", func() bool {
		status, _, err := send(http.MethodGet, frozen.management+"/readyz", nil)
		return err == nil && status == http.StatusOK
	})
	more := frozen.cancelled(5)
	eventually(t, takeover+patience, "it works on", func() bool { return m.complete(more, "OFFER_CREATED", "FAILED") && frozen.queued(callback) == 0 })
	twice := m.honest(t)
	if at := m.atOnce(); len(at) > 0 {
		t.Errorf("sent by two at once: %v", at)
	}
	t.Logf("%d came twice", len(twice))
}

// holdUp lets one process take what waits while the others are frozen, ends it while its calls are out, and lets the others and the
// receiver go on. What it had taken nobody can have recorded.
func holdUp(t *testing.T, m *mailbox, victim *process, others []*process, callback string, end func()) (time.Time, []string) {
	t.Helper()
	const offers = 10
	release := make(chan struct{})
	m.do(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	for _, p := range others {
		p.signal(syscall.SIGSTOP)
	}
	before := m.came()
	ids := victim.cancelled(offers)
	const held = 5 // what an endpoint gets at least
	eventually(t, patience, "its calls are out", func() bool { return m.came()-before >= held })
	began := time.Now()
	end()
	m.do(hold(10 * time.Millisecond))
	close(release)
	for _, p := range others {
		p.signal(syscall.SIGCONT)
	}
	return began, ids
}
