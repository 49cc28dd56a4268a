package manage

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"go.yaml.in/yaml/v3"

	"counterfoil/static"
	"counterfoil/views/apidocs"
)

// docsPath is where the document for people is; each error code has its anchor there.
const docsPath = "/docs"

// apiDocument is what the page reads of the OpenAPI document.
type apiDocument struct {
	Info struct{ Title, Summary string }
	Tags []struct{ Name, Description string }
	// Paths keep the order of the document.
	Paths      yaml.Node
	Webhooks   yaml.Node
	Components struct {
		Parameters map[string]apiParameter
		Schemas    map[string]apiSchema
	}
}

type apiParameter struct {
	Ref         string `yaml:"$ref"`
	Name        string
	Description string
}

type apiSchema struct {
	Ref         string `yaml:"$ref"`
	Type        any
	Description string
	Enum        []any
	Required    []string
	Properties  yaml.Node
	OneOf       []apiSchema `yaml:"oneOf"`
}

type apiOperation struct {
	ID          string `yaml:"operationId"`
	Tags        []string
	Summary     string
	Description string
	Parameters  []apiParameter
	RequestBody struct {
		Content map[string]struct {
			Schema  apiSchema
			Example any
		}
	} `yaml:"requestBody"`
	Responses yaml.Node
}

// newDocs makes the page of the document, once.
func newDocs() (apidocs.Show, error) {
	var doc apiDocument
	if err := yaml.Unmarshal(openapiYAML, &doc); err != nil {
		return apidocs.Show{}, fmt.Errorf("read openapi.yaml: %w", err)
	}
	page := apidocs.Show{Title: doc.Info.Title, Lead: doc.Info.Summary, Stylesheet: static.URL("css/app.css")}
	for _, t := range doc.Tags {
		page.Groups = append(page.Groups, apidocs.Group{ID: strings.ReplaceAll(strings.ToLower(t.Name), " ", "-"), Name: t.Name, Description: t.Description})
	}
	for _, paths := range []yaml.Node{doc.Paths, doc.Webhooks} {
		for path, methods := range pairs(&paths) {
			for method, node := range pairs(methods) {
				var op apiOperation
				if err := node.Decode(&op); err != nil {
					return apidocs.Show{}, fmt.Errorf("read %s of openapi.yaml: %w", path, err)
				}
				i := slices.IndexFunc(page.Groups, func(g apidocs.Group) bool { return slices.Contains(op.Tags, g.Name) })
				if i >= 0 {
					page.Groups[i].Operations = append(page.Groups[i].Operations, doc.operation(strings.ToUpper(method), path, op))
				}
			}
		}
	}
	for _, c := range errorCodes() {
		status := "member"
		if c.status != 0 {
			status = strconv.Itoa(c.status)
		}
		page.Codes = append(page.Codes, apidocs.Code{Code: c.code, Status: status, Meaning: c.meaning, Remedy: c.remedy})
	}
	return page, nil
}

// pairs walks a mapping in the order of the document.
func pairs(n *yaml.Node) func(yield func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

func (d apiDocument) operation(method, path string, op apiOperation) apidocs.Operation {
	out := apidocs.Operation{ID: op.ID, Method: method, Path: path, Summary: op.Summary, Description: strings.ReplaceAll(op.Description, "`", "")}
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[lastOf(p.Ref)]
		}
		out.Parameters = append(out.Parameters, apidocs.Row{Name: p.Name, Text: p.Description})
	}
	body := op.RequestBody.Content[fiber.MIMEApplicationJSON]
	out.Body = d.members(body.Schema)
	if strings.HasPrefix(path, "/") {
		out.Curl = curl(method, path, body.Example)
	}
	for status, node := range pairs(&op.Responses) {
		var answer struct{ Description string }
		if status != "default" && node.Decode(&answer) == nil {
			out.Answers = append(out.Answers, apidocs.Row{Name: status, Text: answer.Description})
		}
	}
	return out
}

// members lists what an object may have.
func (d apiDocument) members(s apiSchema) []apidocs.Row {
	if s.Ref != "" {
		s = d.Components.Schemas[lastOf(s.Ref)]
	}
	var rows []apidocs.Row
	for name, node := range pairs(&s.Properties) {
		var member apiSchema
		if node.Decode(&member) != nil {
			continue
		}
		text := []string{fmt.Sprint(member.Type)}
		switch {
		case len(member.OneOf) > 0:
			text = []string{"object: " + names(d.members(member.OneOf[0]))}
		case member.Type == nil:
			text = nil
		}
		if slices.Contains(s.Required, name) {
			text = append(text, "required")
		}
		if len(member.Enum) > 0 {
			text = append(text, strings.TrimSpace(fmt.Sprint(member.Enum...)))
		}
		if member.Description != "" {
			text = append(text, member.Description)
		}
		rows = append(rows, apidocs.Row{Name: name, Text: strings.Join(text, "; ")})
	}
	return rows
}

func names(rows []apidocs.Row) string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Name)
	}
	return strings.Join(out, ", ")
}

func lastOf(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// curl writes a call that somebody can try.
func curl(method, path string, example any) string {
	var b strings.Builder
	b.WriteString("curl -s ")
	if method != fiber.MethodGet && (method != fiber.MethodPost || example == nil) {
		b.WriteString("-X " + method + " ")
	}
	b.WriteString("http://127.0.0.1:8081" + path)
	if example != nil {
		if text, err := json.Marshal(example); err == nil {
			b.WriteString(" -H 'Content-Type: application/json' \\\n  -d '" + string(text) + "'")
		}
	}
	return b.String()
}

// showDocs is the document for people. It has a style sheet and no script.
func (d *door) showDocs(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	c.Type("html", "utf-8")
	return apidocs.Page(d.docs).Render(c.UserContext(), c.Response().BodyWriter())
}
