package app

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"counterfoil/internal/issuance"
)

// metrics is what whoever watches the program may count. Nothing in it names an offer, a person or a claim. The library is
// Prometheus' own (Apache-2.0).
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	queued   *prometheus.GaugeVec
	failing  *prometheus.GaugeVec
	days     *prometheus.GaugeVec
	streams  prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "counterfoil_http_request_seconds", Help: "Requests by door, route and status, and how long they took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"door", "method", "route", "status"}),
		queued: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "counterfoil_callback_deliveries_queued", Help: "Deliveries that wait, by callback endpoint.",
		}, []string{"callback_id"}),
		failing: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "counterfoil_callback_failing", Help: "1 when nothing gets through to the callback endpoint, or it was switched off.",
		}, []string{"callback_id"}),
		days: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "counterfoil_certificate_days_left", Help: "How long the certificate is valid, by purpose.",
		}, []string{"purpose"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "counterfoil_portal_streams", Help: "Screens of the portal that watch an offer or stand before customers.",
		}),
	}
	m.registry.MustRegister(m.requests, m.queued, m.failing, m.days, m.streams,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe counts a request. The route is the pattern, never what stood in it.
func (m *metrics) observe(door, method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(door, method, route, strconv.Itoa(status)).Observe(took.Seconds())
}

// watching tells how many streams of the portal are open.
func (m *metrics) watching(open int) { m.streams.Set(float64(open)) }

// writeMetrics gives everything in Prometheus' text form.
func (p *parts) writeMetrics(ctx context.Context) ([]byte, error) {
	endpoints, err := p.store.ListEndpoints(ctx)
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	p.metrics.queued.Reset()
	p.metrics.failing.Reset()
	for _, e := range endpoints {
		p.metrics.queued.WithLabelValues(string(e.ID)).Set(float64(e.Queued))
		failing := 0.0
		if e.Health() != issuance.Healthy {
			failing = 1
		}
		p.metrics.failing.WithLabelValues(string(e.ID)).Set(failing)
	}
	for _, v := range p.keys.Validity(p.clock()) {
		p.metrics.days.WithLabelValues(string(v.Purpose)).Set(float64(v.DaysLeft))
	}
	families, err := p.metrics.registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather metrics: %w", err)
	}
	var out bytes.Buffer
	encoder := expfmt.NewEncoder(&out, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, f := range families {
		if err := encoder.Encode(f); err != nil {
			return nil, fmt.Errorf("write metrics: %w", err)
		}
	}
	return out.Bytes(), nil
}
