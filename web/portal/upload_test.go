package portal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"maps"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

const anyTypes = "COUNTERFOIL_TYPES_DIR=../../internal/typemeta/testdata/types"

// part is one part of a form; one with a file name is a file.
type part struct{ name, file, data string }

// upload is a form with files, as a browser sends it.
func upload(t testing.TB, path string, fields map[string]string, files ...part) request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		to, err := w.CreateFormFile(f.name, f.file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write([]byte(f.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return post(path, nil).with("Content-Type", w.FormDataContentType()).sending(body.String())
}

func picture(t *testing.T, w, h int) string {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// bomb is a PNG that says it has so many pixels a side.
func bomb(t *testing.T, side uint32) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	file := out.Bytes()
	binary.BigEndian.PutUint32(file[16:], side)
	binary.BigEndian.PutUint32(file[20:], side)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return string(file)
}

// pass gives the fields of a fresh form of the staff pass, filled in but for the portrait.
func (p person) pass() map[string]string {
	p.t.Helper()
	doc := p.do(get("/offers/new/StaffPass")).page(p.t)
	token, _ := doc.Find("input[name=token]").Attr("value")
	if kind, _ := doc.Find("form.filling").Attr("enctype"); kind != "multipart/form-data" || token == "" {
		p.t.Fatalf("the form is sent as %q", kind)
	}
	return map[string]string{"type": "StaffPass", "token": token, "claim.name": "Erika Mustermann"}
}

func TestUpload_makes_a_portrait_that_is_kept(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	form := clerk.pass()
	delete(form, "claim.name")
	a := clerk.do(upload(t, "/offers", form, part{"claim.portrait-file", "erika.jpg", picture(t, 900, 1200)}))
	doc := a.page(t)
	kept, _ := doc.Find(`input[type=hidden][name="claim.portrait"]`).Attr("value")
	shown, _ := doc.Find(`[id="claim.portrait-picture"] img`).Attr("src")
	if a.status != http.StatusUnprocessableEntity || !strings.HasPrefix(kept, "data:image/jpeg;base64,") || kept != shown {
		t.Fatalf("%d: the picture is not kept: %.60q %.60q", a.status, kept, shown)
	}
	if text := doc.Find(".summary").Text(); !strings.Contains(text, "Name") || strings.Contains(text, "Portrait") {
		t.Errorf("the summary says %q", text)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(kept, "data:image/jpeg;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := jpeg.Decode(bytes.NewReader(data)); err != nil || m.Bounds().Dy() != 480 || m.Bounds().Dx() != 360 {
		t.Errorf("what is kept is %v, %v", m.Bounds(), err)
	}
	form["claim.name"], form["claim.portrait"] = "Erika Mustermann", kept
	// The file that was not chosen again is an empty part.
	if a := clerk.do(upload(t, "/offers", form, part{"claim.portrait-file", "", ""})); a.status != http.StatusSeeOther {
		t.Errorf("with the picture that was kept: %d %s", a.status, a.page(t).Find(".summary").Text())
	}
	// The camera of a tablet.
	form = clerk.pass()
	if a := clerk.do(upload(t, "/offers", form, part{"claim.portrait-camera", "image.jpg", picture(t, 30, 40)})); a.status != http.StatusSeeOther {
		t.Errorf("from the camera: %d", a.status)
	}
	// Out again.
	form = clerk.pass()
	form["claim.portrait"], form["do"] = kept, "drop claim.portrait"
	if a := clerk.do(upload(t, "/offers/new/StaffPass", form)); a.status != http.StatusOK || a.page(t).Find(`[id="claim.portrait-picture"] img`).Length() > 0 {
		t.Errorf("taken out: %d", a.status)
	}
}

func TestUpload_refuses_with_a_sentence_what_is_no_portrait(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	good := picture(t, 60, 80)
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewGray(image.Rect(0, 0, 6000, 5000))); err != nil {
		t.Fatal(err)
	}
	spoilt := []byte(bomb(t, 1))
	spoilt[len(spoilt)-20] ^= 1
	wrongCRC := string(spoilt)
	for name, c := range map[string]struct{ file, words string }{
		"UP-001 nothing":              {"", "choose a picture"},
		"UP-003 one byte":             {"x", "not a JPEG or PNG"},
		"UP-016 an archive":           {"PK\x03\x04", "not a JPEG or PNG"},
		"SVG":                         {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "not a JPEG or PNG"},
		"a GIF that is a script":      {"GIF89a/*" + good + "*/=alert(1)", "not a JPEG or PNG"},
		"a JPEG that is cut off":      {good[:len(good)/2], "damaged"},
		"UP-004 OF-099 6 MB":          {good + strings.Repeat("\x00", 6<<20), "at most 5 MB"},
		"UP-122 a PNG of a wrong CRC": {wrongCRC, "damaged"},
		"UP-123 50,000 pixels a side": {bomb(t, 50_000), "25 megapixels"},
		"UP-123 more than 25 million": {large.String(), "25 megapixels"},
	} {
		form := clerk.pass()
		a := clerk.do(upload(t, "/offers", form, part{"claim.portrait-file", "portrait.jpg", c.file}))
		doc := a.page(t)
		text, field := doc.Find(".summary").Text(), doc.Find(`[id="claim.portrait-help"] .error`).Text()
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(text, c.words) || !strings.Contains(field, c.words) {
			t.Errorf("%s: %d %q %q", name, a.status, text, field)
		}
		if kept, _ := doc.Find(`[id="claim.name"]`).Attr("value"); kept != "Erika Mustermann" || doc.Find(`[id="claim.portrait-picture"] img`).Length() > 0 {
			t.Errorf("%s: the name is now %q, or a picture is shown", name, kept)
		}
		// The same while the form is filled in.
		if c.file != "" {
			a = clerk.do(upload(t, "/offers/new/StaffPass", form, part{"claim.portrait-file", "portrait.jpg", c.file}).with("HX-Request", "true").with("HX-Target", "preview"))
			if a.status != http.StatusOK || !strings.Contains(a.page(t).Find(".picture .error").Text(), c.words) {
				t.Errorf("%s: while it is filled in: %d", name, a.status)
			}
		}
	}
	if clerk.offers() != 0 {
		t.Error("an offer was made")
	}
	// A good picture was kept, another one is chosen and is none: nobody goes on with the old one unaware.
	form := clerk.pass()
	form["claim.portrait"] = "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString([]byte(good))
	if a := clerk.do(upload(t, "/offers", form, part{"claim.portrait-file", "portrait.jpg", "x"})); a.status != http.StatusUnprocessableEntity || clerk.offers() != 0 {
		t.Errorf("a bad picture after a good one: %d", a.status)
	}
}

// What no page of ours sends is refused as a whole: a form must not be read in two ways.
func TestUpload_refuses_forms_that_no_page_sends(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	good := upload(t, "/offers", clerk.pass(), part{"claim.portrait-file", "e.jpg", picture(t, 6, 8)})
	many := clerk.pass()
	for i := range 100 - len(many) {
		many["x"+strings.Repeat("y", i)] = ""
	}
	long := maps.Clone(clerk.pass())
	long["claim.name"] = strings.Repeat("x", 300<<10)
	nul := maps.Clone(clerk.pass())
	nul["claim.name"] = "a\x00b"
	_, boundary, _ := strings.Cut(good.header.Get("Content-Type"), "boundary=")
	for name, c := range map[string]struct {
		r    request
		want int
	}{
		"UP-006 no boundary":            {good.with("Content-Type", "multipart/form-data"), http.StatusBadRequest},
		"UP-007 a boundary of 10 kB":    {good.with("Content-Type", "multipart/form-data; boundary="+strings.Repeat("x", 10_000)), http.StatusBadRequest},
		"another boundary":              {good.with("Content-Type", "multipart/form-data; boundary=other"), http.StatusBadRequest},
		"UP-008 a part without a name":  {good.sending("--" + boundary + "\r\nContent-Disposition: form-data\r\n\r\nx\r\n--" + boundary + "--"), http.StatusBadRequest},
		"UP-009 a hundred parts":        {upload(t, "/offers", many), http.StatusBadRequest},
		"UP-013 a file name of 10 kB":   {upload(t, "/offers", clerk.pass(), part{"claim.portrait-file", strings.Repeat("x", 10_000), "x"}), http.StatusBadRequest},
		"PF-084 a field twice":          {upload(t, "/offers", clerk.pass(), part{"claim.portrait-file", "a", "x"}, part{"claim.portrait-file", "b", "x"}), http.StatusBadRequest},
		"a NUL in a field":              {upload(t, "/offers", nul), http.StatusBadRequest},
		"a field of 300 KiB":            {upload(t, "/offers", long), http.StatusRequestEntityTooLarge},
		"the end is missing":            {good.sending(strings.TrimSuffix(good.body, "--\r\n")), http.StatusBadRequest},
		"UP-005 8 MiB and a form":       {upload(t, "/offers", clerk.pass(), part{"claim.portrait-file", "a", strings.Repeat("x", 8<<20)}), http.StatusRequestEntityTooLarge},
		"a file where nobody asks":      {upload(t, "/offers", clerk.pass(), part{"claim.name-file", "a", picture(t, 6, 8)}), http.StatusUnprocessableEntity},
		"a file in the place of a text": {upload(t, "/offers", map[string]string{"type": "StaffPass", "token": "t"}, part{"claim.name", "a", "x"}), http.StatusUnprocessableEntity},
	} {
		if a := clerk.do(c.r); a.status != c.want {
			t.Errorf("%s: got %d, want %d", name, a.status, c.want)
		}
	}
	if clerk.offers() != 0 {
		t.Error("an offer was made")
	}
	// Nothing else at this door may be that large.
	if a := clerk.do(post("/sign-out", nil).sending(strings.Repeat("x", 300<<10))); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large sign-out answered %d", a.status)
	}
}
