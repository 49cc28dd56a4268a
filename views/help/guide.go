package help

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"image/png"
	"path"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"counterfoil/static"
	"counterfoil/views/i18n"
)

//go:embed en/*.md de/*.md fr/*.md img
var files embed.FS

// PicturePrefix begins the path of every picture.
const PicturePrefix = "/help/pictures/"

var pictures = sync.OnceValue(func() static.Set { return static.NewSet(files, PicturePrefix) }) //nolint:gochecknoglobals // made once from what is embedded

// Picture gives a picture by its path, and its content type.
func Picture(url string) (data []byte, contentType string, ok bool) { return pictures().Open(url) }

// guides gives every guide by language and name, made once; a broken text is a broken build.
var guides = sync.OnceValue(func() map[string]map[Name]Guide { //nolint:gochecknoglobals // made once from what is embedded
	all := map[string]map[Name]Guide{}
	for _, l := range i18n.Staff() {
		all[l.Tag] = map[Name]Guide{}
		for _, n := range append(Names(), Keyboard) {
			source, err := files.ReadFile(path.Join(l.Tag, string(n)+".md"))
			if err != nil {
				panic(err)
			}
			g, err := render(l.Tag, source)
			if err != nil {
				panic(fmt.Sprintf("guide %s, %s: %v", n, l.Tag, err))
			}
			all[l.Tag][n] = g
		}
	}
	return all
})

// Read gives a guide in a language of the staff, in English for any other.
func Read(lang string, n Name) Guide {
	if g, ok := guides()[lang][n]; ok {
		return g
	}
	return guides()["en"][n]
}

// At gives the way to the part of a guide that has this id; to the guide for the counter when none has it.
func At(anchor string) string {
	for _, n := range Names() {
		for _, p := range Read("en", n).Parts {
			if p.Anchor == anchor {
				return n.Path() + "#" + anchor
			}
		}
	}
	return Counter.Path()
}

// render makes a text HTML with goldmark, which is kept, has no dependency and lets no HTML of the text through.
func render(lang string, source []byte) (Guide, error) {
	ctx := i18n.With(context.Background(), lang)
	md := goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithHeadingAttribute()))
	doc := md.Parser().Parse(text.NewReader(source))
	var g Guide
	var title ast.Node
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Level == 1 {
				title, g.Title = n, words(n, source)
				break
			}
			id, _ := n.AttributeString("id")
			anchor, ok := id.([]byte)
			if !ok {
				return ast.WalkStop, fmt.Errorf("the heading %q has no id", words(n, source))
			}
			g.Parts = append(g.Parts, Part{Title: words(n, source), Anchor: string(anchor), Chapter: n.Level == 2})
		case *ast.Emphasis:
			if n.Level == 1 {
				label(ctx, n, source)
			}
		case *ast.Image:
			return ast.WalkContinue, place(n, lang)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return Guide{}, err
	}
	if title == nil {
		return Guide{}, fmt.Errorf("there is no title")
	}
	doc.RemoveChild(doc, title)
	var html bytes.Buffer
	err = md.Renderer().Render(&html, source, doc)
	g.HTML = html.String()
	return g, err
}

// body is the text on a page. It is ours, embedded, and has no HTML but what goldmark wrote.
func (g Guide) body() templ.Component { return templ.Raw(g.HTML) }

// words gives what is written in a heading or a label.
func words(n ast.Node, source []byte) string {
	var b bytes.Buffer
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Value(source))
		}
	}
	return b.String()
}

// label says what is emphasised as the portal says it: it is the name of something on a page, in English.
func label(ctx context.Context, n ast.Node, source []byte) {
	name := ast.NewString([]byte(i18n.Reason(ctx, words(n, source))))
	n.RemoveChildren(n)
	n.AppendChild(n, name)
}

// place gives a picture its path under its hash, and its size, so that nothing moves when it comes.
func place(n *ast.Image, lang string) error {
	name := path.Join("img", lang, string(n.Destination))
	data, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read picture: %w", err)
	}
	size, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("read the size of %s: %w", name, err)
	}
	n.Destination = []byte(pictures().URL(name))
	n.SetAttributeString("width", []byte(strconv.Itoa(size.Width)))
	n.SetAttributeString("height", []byte(strconv.Itoa(size.Height)))
	n.SetAttributeString("loading", []byte("lazy"))
	return nil
}
