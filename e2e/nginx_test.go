package e2e_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// behindNginx puts a real nginx before the portal, with the settings that the README gives and else its defaults, and gives its address.
func (b *bank) behindNginx() string {
	b.t.Helper()
	binary, err := exec.LookPath("nginx")
	if err != nil {
		if binary, err = exec.LookPath("/usr/sbin/nginx"); err != nil { // not in everybody's path
			b.t.Fatalf("nginx is missing, run make test-deps: %v", err)
		}
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		b.t.Fatal(err)
	}
	sample := regexp.MustCompile("(?s)```nginx\n(.*?)```").FindSubmatch(readme)
	if sample == nil {
		b.t.Fatal("the README has no settings for nginx")
	}
	portal := regexp.MustCompile(`proxy_pass http://[\w.:]+;`).ReplaceAll(sample[1], []byte("proxy_pass "+b.portal+";"))
	dir, port := b.t.TempDir(), freePort(b.t)
	if err := os.Chmod(dir, 0o755); err != nil { // its workers are somebody else when root starts it, and nothing secret is here
		b.t.Fatal(err)
	}
	settings := fmt.Sprintf(`daemon off;
pid %[1]s/pid;
error_log %[1]s/error.log;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server {
		listen 127.0.0.1:%[2]s;
		%[3]s
	}
}
`, dir, port, portal)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		b.t.Fatal(err)
	}
	var said syncBuffer
	cmd := exec.Command(binary, "-c", file, "-e", filepath.Join(dir, "error.log"))
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil { // nginx stops at once
			b.t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			b.t.Errorf("nginx ended with %v: %s", err, said.String())
		}
	})
	at := "http://127.0.0.1:" + port
	eventually(b.t, patience, "nginx answers", func() bool {
		resp, err := http.Get(at + "/sign-in")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return at
}

// SS-029: through a real nginx with the buffers that it has by default, the first tick of a stream comes within a
// second, and so does the next when something happens. When the browser goes, nginx and the portal let the stream go.
func TestStream_comes_through_nginx_at_once(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	at := b.behindNginx()
	offer := b.create(identity(nil))
	clerk, _ := b.session("demo-clerk")
	resp, err := clerk.Get(at + "/offers/" + offer.OfferID + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	asked := time.Now()
	lines := bufio.NewScanner(resp.Body)
	until := func(want string) time.Time {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == want {
				return time.Now()
			}
		}
		t.Fatalf("the stream ends before %q: %v", want, lines.Err())
		return time.Time{}
	}
	if took := until("data: 0").Sub(asked); took > time.Second || resp.StatusCode != http.StatusOK {
		t.Errorf("the first tick answered %d and took %v", resp.StatusCode, took)
	}
	done := make(chan time.Time, 1)
	go func() {
		b.call(http.MethodPost, b.management+"/offers/"+offer.OfferID+"/cancel", nil, nil)
		done <- time.Now()
	}()
	if took := until("data: 1").Sub(<-done); took > time.Second {
		t.Errorf("the tick of a cancelled offer took %v", took)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	b.awaitStreams(0)
}

// awaitStreams waits until so many streams are open, by the metrics.
func (b *bank) awaitStreams(want int) {
	b.t.Helper()
	eventually(b.t, patience, fmt.Sprintf("%d streams are open", want), func() bool { return b.streams() == want })
}

// streams is how many streams of the portal are open.
func (b *bank) streams() int {
	b.t.Helper()
	return b.metric("counterfoil_portal_streams ")
}

// metric is the value of a metric, and the sum of several that begin so.
func (b *bank) metric(name string) int {
	b.t.Helper()
	status, body, err := send(http.MethodGet, b.management+"/metrics", nil)
	if err != nil || status != http.StatusOK {
		b.t.Fatalf("metrics answered %d, %v", status, err)
	}
	sum := 0
	for line := range bytes.Lines(body) {
		rest, is := strings.CutPrefix(string(line), name)
		if !is {
			continue
		}
		fields, value := strings.Fields(rest), 0
		if _, err := fmt.Sscan(fields[len(fields)-1], &value); err != nil {
			b.t.Fatalf("%s: %v", line, err)
		}
		sum += value
	}
	return sum
}
