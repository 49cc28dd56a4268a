package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"
)

//go:embed css/*.css js/*.js img/*.svg
var files embed.FS

// Prefix begins the path of every file.
const Prefix = "/static/"

// hashLength is how much of the hash is in a name.
const hashLength = 16

// Set is embedded files under names that carry a hash of their content.
type Set struct {
	files         fs.FS
	prefix        string
	hashed, plain map[string]string
}

// NewSet names the files of a tree for paths that begin with the prefix. It panics when one cannot be read: what is embedded can be.
func NewSet(files fs.FS, prefix string) Set {
	s := Set{files: files, prefix: prefix, hashed: map[string]string{}, plain: map[string]string{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("read embedded file: %w", err)
		}
		sum := sha256.Sum256(data)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:])[:hashLength] + ext
		s.hashed[name], s.plain[hashed] = hashed, name
		return nil
	})
	if err != nil {
		panic("static: " + err.Error())
	}
	return s
}

// URL gives the path of a file by its name in the tree. It panics for a file that is not there: a page would be broken.
func (s Set) URL(name string) string {
	hashed, ok := s.hashed[name]
	if !ok {
		panic("static: there is no " + name)
	}
	return s.prefix + hashed
}

// Open gives a file by the path that URL gave, and its content type.
func (s Set) Open(url string) (data []byte, contentType string, ok bool) {
	name, ok := s.plain[strings.TrimPrefix(url, s.prefix)]
	if !ok {
		return nil, "", false
	}
	data, err := fs.ReadFile(s.files, name)
	return data, mime.TypeByExtension(path.Ext(name)), err == nil
}

var own = sync.OnceValue(func() Set { return NewSet(files, Prefix) }) //nolint:gochecknoglobals // made once from what is embedded

// URL gives the path of a file, for example css/app.css. It panics for a file that is not there: a page would be broken.
func URL(name string) string { return own().URL(name) }

// Open gives a file by the path that URL gave, and its content type.
func Open(url string) (data []byte, contentType string, ok bool) { return own().Open(url) }
