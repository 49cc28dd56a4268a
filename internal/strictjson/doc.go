// Package strictjson reads JSON from people and machines nobody vouches for. encoding/json keeps
// the last of two equal members, matches names in any case and lets a second document follow;
// this package refuses all three, and invalid UTF-8, a byte order mark and deep nesting with
// them. Numbers that land in an any stay exact, as json.Number.
//
// It is the one door to github.com/go-json-experiment/json, the library that became
// encoding/json/v2 (BSD-3-Clause).
package strictjson
