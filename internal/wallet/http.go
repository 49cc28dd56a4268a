package wallet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"counterfoil/internal/strictjson"
)

// maxBody bounds what the wallet reads of an answer, in bytes.
const maxBody = 1 << 20

// answer is what the issuer said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do makes one request and reads its answer whole.
func (w *Wallet) do(ctx context.Context, method, url string, header http.Header, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, errors.New("the issuer named an address that is not a URL")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := w.http.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("reach the issuer: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // the body was read
	read, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return answer{}, fmt.Errorf("read the issuer's answer: %w", err)
	}
	if len(read) > maxBody {
		return answer{}, errors.New("the issuer's answer is too long")
	}
	return answer{status: res.StatusCode, header: res.Header, body: read}, nil
}

// getJSON fetches a public JSON document.
func (w *Wallet) getJSON(ctx context.Context, step, url string, v any) error {
	a, err := w.do(ctx, http.MethodGet, url, http.Header{"Accept": {"application/json"}}, "")
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return a.refused(step)
	}
	return decode(a.body, v)
}

// refused reads an OAuth error out of an answer (RFC 6749 §5.2).
func (a answer) refused(step string) *Refused {
	var e struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	r := &Refused{Step: step, Status: a.status}
	if decode(a.body, &e) == nil {
		r.Code, r.Description = e.Code, e.Description
	}
	return r
}

// decode reads the issuer's JSON: unknown members are fine, doubled ones are not.
func decode(data []byte, v any) error {
	if err := strictjson.Decode(data, v); err != nil {
		return fmt.Errorf("the issuer's answer is not the JSON it should be: %w", err)
	}
	return nil
}
