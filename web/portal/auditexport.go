package portal

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
)

const (
	// exportPage is how many entries are read at once.
	exportPage = 500
	// exportTime bounds an export, exportWithin each page of it on its way to a browser that is slow.
	exportTime   = 10 * time.Minute
	exportWithin = 30 * time.Second
)

// auditWriter writes entries in one format.
type auditWriter func(e staff.Entry) error

// exportAudit sends everything that fits the search. That it was taken is recorded before the first entry leaves.
func (p *portal) exportAudit(c *fiber.Ctx) error {
	q := auditQueryOf(c)
	f, problems := q.filter(c.UserContext())
	if len(problems) > 0 {
		return p.auditPage(c, q, nil)
	}
	format := c.Query("format")
	media := map[string]string{"csv": "text/csv; charset=utf-8; header=present", "jsonl": "application/jsonl; charset=utf-8"}[format]
	if media == "" {
		return fiber.ErrUnprocessableEntity
	}
	if err := p.Audit.Note(c.UserContext(), staff.ActAuditExported, "", format+strings.TrimSuffix(q.values(), "?")); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, media)
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf("attachment; filename=%q", "audit-"+p.Clock().Format(fieldDay)+"."+format))
	f.Limit = exportPage
	ctx, conn := context.WithoutCancel(c.UserContext()), c.Context().Conn()
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer p.caught()
		ctx, cancel := context.WithTimeout(ctx, exportTime)
		defer cancel()
		flush := func() error {
			if err := conn.SetWriteDeadline(time.Now().Add(exportWithin)); err != nil { //nolint:forbidigo // of the socket, not of the domain
				return err
			}
			return w.Flush()
		}
		if err := p.writeAudit(ctx, w, format, f, flush); err != nil {
			p.Log.Warn("the export of the audit trail broke off", "error", err)
			_ = conn.Close() // the browser must not take a part for the whole
		}
	})
	return nil
}

// writeAudit writes entries, newest first, page by page: no more of them is in memory.
func (p *portal) writeAudit(ctx context.Context, w io.Writer, format string, f staff.AuditFilter, flush func() error) error {
	write, end, err := auditWriterOf(w, format)
	if err != nil {
		return err
	}
	for {
		list, next, err := p.Audit.List(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := write(e); err != nil {
				return err
			}
		}
		if err := end(); err != nil {
			return err
		}
		if err := flush(); err != nil || next == 0 {
			return err
		}
		f.Before = next
	}
}

// auditWriterOf gives what writes an entry, and what writes out what it still holds.
func auditWriterOf(w io.Writer, format string) (write auditWriter, end func() error, err error) {
	if format == "jsonl" {
		lines := json.NewEncoder(w)
		return func(e staff.Entry) error {
			return lines.Encode(map[string]any{
				"sequence": e.Sequence, "at": e.At.UTC().Format(time.RFC3339Nano), "actor": e.Actor.Name, "via": e.Actor.Via, "address": e.Actor.Address,
				"action": e.Act, "object": e.Object, "details": e.Details, "hash": fmt.Sprintf("%x", e.Hash),
			})
		}, func() error { return nil }, nil
	}
	table := csv.NewWriter(w)
	table.UseCRLF = true // RFC 4180
	end = func() error {
		table.Flush()
		return table.Error()
	}
	write = func(e staff.Entry) error {
		row := []string{
			strconv.FormatInt(e.Sequence, 10), e.At.UTC().Format(time.RFC3339Nano), e.Actor.Name, string(e.Actor.Via), e.Actor.Address, string(e.Act), e.Object,
			e.Details, fmt.Sprintf("%x", e.Hash),
		}
		for i := range row {
			row[i] = harmless(row[i])
		}
		return table.Write(row)
	}
	return write, end, table.Write([]string{"sequence", "at", "actor", "via", "address", "action", "object", "details", "hash"})
}

// harmless keeps a spreadsheet from taking a cell for a formula: an apostrophe before what would begin one (OWASP, CSV injection).
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
