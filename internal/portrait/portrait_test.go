package portrait_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"counterfoil/internal/portrait"
)

// face is a picture whose left half is red and whose right half is blue.
func face(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{R: 255, A: 255})
			if x >= w/2 {
				m.Set(x, y, color.RGBA{B: 255, A: 255})
			}
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// withEXIF puts an orientation and a place where the picture was taken into a JPEG.
func withEXIF(file []byte, orientation byte) []byte {
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00GPS 52.5 13.4"
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(bytes.Clone(file[:2]), append(segment, exif...)...), file[2:]...)
}

func open(t *testing.T, uri string) image.Image {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(uri, "data:image/jpeg;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// taken gives the portrait that is made of a file that nobody cut.
func taken(file []byte) (string, error) {
	whole, err := portrait.Make(file)
	if err != nil {
		return "", err
	}
	return portrait.Cut(whole, portrait.Middle())
}

func isRed(c color.Color) bool {
	r, _, b, _ := c.RGBA()
	return r > 0xa000 && b < 0x6000
}

func TestMake_gives_a_small_picture_without_anything_but_pixels(t *testing.T) {
	t.Parallel()
	noise := image.NewRGBA(image.Rect(0, 0, 500, 350))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	for name, file := range map[string][]byte{
		"a JPEG":                   asJPEG(t, face(600, 800)),
		"a PNG":                    asPNG(t, face(600, 800)),
		"a transparent PNG":        asPNG(t, image.NewNRGBA(image.Rect(0, 0, 40, 50))),
		"one pixel":                asPNG(t, face(1, 1)),
		"one that is noise":        asPNG(t, noise),
		"UP-125 a place in EXIF":   withEXIF(asJPEG(t, face(600, 800)), 1),
		"a page behind the JPEG":   append(asJPEG(t, face(60, 80)), "GPS<script>alert(1)</script>"...),
		"an archive behind a PNG":  append(asPNG(t, face(60, 80)), "PK\x03\x04GPS"...),
		"a long and narrow one":    asPNG(t, face(2000, 2)),
		"EXIF that says nonsense":  withEXIF(asJPEG(t, face(60, 80)), 99),
		"a large one from a phone": asJPEG(t, face(2000, 1500)),
	} {
		uri, err := taken(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		m := open(t, uri)
		if m.Bounds().Dx() > 480 || m.Bounds().Dy() > 480 || portrait.Check(uri) != nil {
			t.Errorf("%s: %v, %v", name, m.Bounds(), portrait.Check(uri))
		}
		data, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(uri, "data:image/jpeg;base64,"))
		for _, left := range []string{"Exif", "GPS", "<script", "PK\x03\x04"} {
			if bytes.Contains(data, []byte(left)) {
				t.Errorf("%s: %q came through", name, left)
			}
		}
		if again, err := taken(file); err != nil || again != uri { // UP-128
			t.Errorf("%s: the same file gave another picture, %v", name, err)
		}
	}
}

func TestMake_turns_a_picture_upright(t *testing.T) {
	t.Parallel()
	file := asJPEG(t, face(160, 80))
	for orientation, redAt := range map[byte]image.Point{
		1: {10, 40}, 2: {150, 40}, 3: {150, 40}, 4: {10, 40}, 5: {40, 10}, 6: {40, 10}, 7: {40, 150}, 8: {40, 150},
	} {
		uri, err := taken(withEXIF(file, orientation))
		if err != nil {
			t.Fatal(err)
		}
		m := open(t, uri)
		if wide := m.Bounds().Dx() == 160; wide != (orientation < 5) || !isRed(m.At(redAt.X, redAt.Y)) {
			t.Errorf("orientation %d: %v, and at %v it is %v", orientation, m.Bounds(), redAt, m.At(redAt.X, redAt.Y))
		}
	}
}

// bomb is a PNG that says it has so many pixels; nobody would get to decode them.
func bomb(t *testing.T, side uint32) []byte {
	t.Helper()
	file := asPNG(t, face(1, 1))
	binary.BigEndian.PutUint32(file[16:], side)
	binary.BigEndian.PutUint32(file[20:], side)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

func TestMake_refuses_what_is_no_picture_or_too_much_of_one(t *testing.T) {
	t.Parallel()
	wrongCRC := asPNG(t, face(60, 80))
	wrongCRC[len(wrongCRC)-20] ^= 1
	whole := asJPEG(t, face(600, 800))
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":                            {nil, portrait.ErrKind},
		"UP-003 one byte":                    {[]byte{0xff}, portrait.ErrKind},
		"SVG":                                {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), portrait.ErrKind},
		"a GIF":                              {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), portrait.ErrKind},
		"a GIF that is a script":             {[]byte("GIF89a/*\xff\xd8\xff*/=alert(1)"), portrait.ErrKind},
		"UP-016 an archive":                  {[]byte("PK\x03\x04"), portrait.ErrKind},
		"a HEIC from a phone":                {[]byte("\x00\x00\x00\x18ftypheic"), portrait.ErrKind},
		"a page":                             {[]byte("<!doctype html><script>"), portrait.ErrKind},
		"a JPEG's beginning alone":           {[]byte{0xff, 0xd8, 0xff, 0xe0}, portrait.ErrBroken},
		"a JPEG that is cut off":             {whole[:len(whole)/2], portrait.ErrBroken},
		"UP-122 a PNG with a wrong CRC":      {wrongCRC, portrait.ErrBroken},
		"UP-123 OF-098 30,000 pixels a side": {bomb(t, 30_000), portrait.ErrPixels},
		"2^31 pixels a side":                 {bomb(t, 1<<31-1), portrait.ErrBroken},
		"no pixels":                          {bomb(t, 0), portrait.ErrBroken},
		"OF-099 6 MB":                        {append(whole, make([]byte, 6<<20)...), portrait.ErrBytes},
	} {
		if uri, err := portrait.Make(c.file); !errors.Is(err, c.want) || uri != "" {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestCheck_takes_data_URIs_of_whole_pictures_only(t *testing.T) {
	t.Parallel()
	uri := func(kind string, data []byte) string {
		return "data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)
	}
	good, goodPNG := asJPEG(t, face(60, 80)), asPNG(t, face(60, 80))
	for name, c := range map[string]struct {
		uri  string
		want error
	}{
		"a JPEG":                    {uri("jpeg", good), nil},
		"a PNG":                     {uri("png", goodPNG), nil},
		"a PNG that says JPEG":      {uri("jpeg", goodPNG), portrait.ErrKind},
		"SVG":                       {uri("svg+xml", []byte("<svg/>")), portrait.ErrKind},
		"an address":                {"https://bank.example/portrait.jpg", portrait.ErrKind},
		"no base64":                 {"data:image/jpeg;base64,!!!", portrait.ErrKind},
		"base64 over lines":         {uri("jpeg", good)[:60] + "\n" + uri("jpeg", good)[60:], portrait.ErrKind},
		"nothing":                   {"", portrait.ErrKind},
		"a script as another type":  {"data:text/html;base64," + base64.StdEncoding.EncodeToString(good), portrait.ErrKind},
		"a bomb":                    {uri("png", bomb(t, 30_000)), portrait.ErrPixels},
		"one that is cut off":       {uri("jpeg", good[:len(good)-30]), portrait.ErrBroken},
		"a page behind the picture": {uri("jpeg", append(bytes.Clone(good), "<script>"...)), portrait.ErrBroken},
		"more than claims may be":   {uri("jpeg", make([]byte, 64<<10)), portrait.ErrBytes},
	} {
		if err := portrait.Check(c.uri); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzMake(f *testing.F) {
	f.Add(asJPEG(f, face(20, 30)))
	f.Add(asPNG(f, face(20, 30)))
	f.Add(withEXIF(asJPEG(f, face(20, 30)), 6))
	f.Fuzz(func(t *testing.T, file []byte) {
		uri, err := portrait.Make(file)
		if err != nil {
			if uri != "" {
				t.Fatal("a refusal came with a picture")
			}
			return
		}
		uri, err = portrait.Cut(uri, portrait.Middle())
		if err != nil {
			t.Fatal(err)
		}
		if err := portrait.Check(uri); err != nil {
			t.Fatalf("what was made is refused: %v", err)
		}
	})
}
