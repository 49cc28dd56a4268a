package strictjson

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how deep arrays and objects may nest.
const maxDepth = 32

// Kind says what is wrong with a document.
type Kind int

// What can be wrong.
const (
	Malformed Kind = iota + 1
	Duplicate
	Unknown
	WrongType
	TooDeep
)

// Error says what is wrong and where; it never repeats the input. Pointer is an RFC 6901 pointer.
type Error struct {
	Kind    Kind
	Pointer string
	Reason  string
	// Offset is the byte at which a malformed document stops being JSON.
	Offset int64
}

// Error gives the place and the reason.
func (e *Error) Error() string {
	if e.Pointer == "" {
		return e.Reason
	}
	return e.Pointer + ": " + e.Reason
}

// Option changes how Decode reads.
type Option func(*[]json.Options)

// RefuseUnknown refuses members that the target has no field for.
func RefuseUnknown() Option {
	return func(o *[]json.Options) { *o = append(*o, json.RejectUnknownMembers(true)) }
}

// WholeNumbers takes 60.0 and 6e1 for an int, which JSON Schema 2020-12 §6.1.1 counts as integers.
func WholeNumbers() Option {
	return func(o *[]json.Options) {
		*o = append(*o, json.WithUnmarshalers(json.JoinUnmarshalers(json.UnmarshalFromFunc(exactNumber), json.UnmarshalFromFunc(wholeNumber))))
	}
}

// wholeNumber reads a number without a fraction, however it is written. What an int cannot hold is left to the reader of ints, which refuses it.
func wholeNumber(d *jsontext.Decoder, v *int) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(string(raw)); err == nil {
		*v = n
		return nil
	}
	const exact = 1 << 53 // beyond it a float skips whole numbers
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return &Error{Kind: WrongType, Pointer: string(d.StackPointer()), Reason: "of the wrong type"}
	}
	*v = int(f)
	return nil
}

// Decode reads one JSON document into v. Errors are *Error.
func Decode(data []byte, v any, opts ...Option) error {
	if err := checkDepth(data); err != nil {
		return err
	}
	options := []json.Options{json.WithUnmarshalers(json.UnmarshalFromFunc(exactNumber))}
	for _, o := range opts {
		o(&options)
	}
	if err := json.Unmarshal(data, v, options...); err != nil {
		return classify(err)
	}
	return nil
}

// Encode writes v with sorted members and no HTML escaping; json.Number is written as it is.
func Encode(v any) ([]byte, error) {
	b, err := json.Marshal(v, json.Deterministic(true),
		json.WithMarshalers(json.MarshalToFunc(func(e *jsontext.Encoder, n stdjson.Number) error {
			return e.WriteValue(jsontext.Value(n))
		})))
	if err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	return b, nil
}

// checkDepth walks the tokens once, which also finds duplicates and bad UTF-8 before anything is built.
func checkDepth(data []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	for first := true; ; first = false {
		if d.StackDepth() > maxDepth {
			return &Error{Kind: TooDeep, Reason: fmt.Sprintf("nested deeper than %d levels", maxDepth)}
		}
		_, err := d.ReadToken()
		if errors.Is(err, io.EOF) && !first {
			return nil
		}
		if err != nil {
			return classify(err)
		}
	}
}

// exactNumber keeps numbers that go into an any as json.Number, and refuses those no program can hold.
func exactNumber(d *jsontext.Decoder, v *any) error {
	if d.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	if f, err := strconv.ParseFloat(string(raw), 64); err != nil || math.IsInf(f, 0) {
		return &Error{Kind: WrongType, Pointer: string(d.StackPointer()), Reason: "the number is out of range"}
	}
	*v = stdjson.Number(raw)
	return nil
}

func classify(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	var sem *json.SemanticError
	var syn *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		errors.As(err, &syn)
		return &Error{Kind: Duplicate, Pointer: pointer(syn), Reason: "a member appears twice"}
	case errors.Is(err, json.ErrUnknownName):
		errors.As(err, &sem)
		return &Error{Kind: Unknown, Pointer: string(sem.JSONPointer), Reason: "no such member"}
	case errors.As(err, &syn):
		return &Error{Kind: Malformed, Pointer: pointer(syn), Reason: "not JSON", Offset: syn.ByteOffset}
	case errors.As(err, &sem):
		return &Error{Kind: WrongType, Pointer: string(sem.JSONPointer), Reason: "of the wrong type"}
	}
	return &Error{Kind: Malformed, Reason: "not JSON"}
}

func pointer(syn *jsontext.SyntacticError) string {
	if syn == nil {
		return ""
	}
	return string(syn.JSONPointer)
}

// Line tells in which line, counted from 1, the member or element begins that an RFC 6901 pointer leads to; 0 when there is none, or no JSON
// before it.
func Line(data []byte, pointer string) int {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := d.ReadToken(); err != nil {
			return 0
		}
		if string(d.StackPointer()) == pointer {
			return 1 + bytes.Count(data[:d.InputOffset()], []byte("\n"))
		}
	}
}
