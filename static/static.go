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

// index maps hashed names to files and back.
type index struct{ hashed, plain map[string]string }

var names = sync.OnceValue(func() index { //nolint:gochecknoglobals // made once from what is embedded
	n := index{map[string]string{}, map[string]string{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read embedded file: %w", err)
		}
		sum := sha256.Sum256(data)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:])[:hashLength] + ext
		n.hashed[name], n.plain[hashed] = hashed, name
		return nil
	})
	if err != nil {
		panic("static: " + err.Error()) // what is embedded can be read
	}
	return n
})

// URL gives the path of a file, for example css/app.css. It panics for a file that is not there: a page would be broken.
func URL(name string) string {
	hashed, ok := names().hashed[name]
	if !ok {
		panic("static: there is no " + name)
	}
	return Prefix + hashed
}

// Open gives a file by the path that URL gave, and its content type.
func Open(url string) (data []byte, contentType string, ok bool) {
	name, ok := names().plain[strings.TrimPrefix(url, Prefix)]
	if !ok {
		return nil, "", false
	}
	data, err := files.ReadFile(name)
	return data, mime.TypeByExtension(path.Ext(name)), err == nil
}
