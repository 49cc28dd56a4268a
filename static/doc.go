// Package static holds what browsers load: one style sheet, scripts and pictures, embedded, under names that carry a hash of
// their content so that they can be cached for ever. VENDOR.md says where the scripts that are not ours come from.
package static
