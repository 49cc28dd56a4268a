package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
	"counterfoil/internal/doctor"
)

type doctorCommand struct{}

// Run looks at the installation and prints what it finds. It is an error when a check failed.
func (doctorCommand) Run(ctx context.Context) error {
	cfg, err := config.Load(os.Environ())
	if err != nil {
		return fmt.Errorf("settings:\n%w", err)
	}
	report, err := app.Examine(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("look at the installation: %w", err)
	}
	if err := printReport(os.Stdout, report); err != nil {
		return err
	}
	if report.Count(doctor.Failed) > 0 {
		return errors.New("not ready: a check failed")
	}
	return nil
}

// printReport writes a line for each check, and how to fix it below.
func printReport(out io.Writer, r doctor.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range r.Checks {
		fmt.Fprintf(w, "%s %s\t%s\t%s\n", mark(c.Result), c.Name, c.Result, onLine(c.Found.String()))
		if !c.Fix.Empty() {
			fmt.Fprintf(w, "\t\t→ %s\n", onLine(c.Fix.String()))
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("print the checks: %w", err)
	}
	var counts []string
	for _, result := range doctor.Results() {
		counts = append(counts, fmt.Sprintf("%d %s", r.Count(result), result))
	}
	_, err := fmt.Fprintf(out, "\n%s\n", strings.Join(counts, ", "))
	return err
}

// onLine keeps what a table takes for its own out of a cell.
func onLine(text string) string { return strings.NewReplacer("\n", " ", "\t", " ").Replace(text) }

// mark is a result in one letter.
func mark(r doctor.Result) string {
	switch r {
	case doctor.OK:
		return "✓"
	case doctor.Warning:
		return "!"
	case doctor.Failed:
		return "✗"
	case doctor.NotChecked:
	}
	return "–"
}
