// Package qr draws QR codes as SVG and PNG, black on white with the quiet zone of four modules that ISO/IEC
// 18004 asks for. It is the one door to skip2/go-qrcode (MIT), which is frozen since 2020 and easily
// replaced: only its bitmap is used, because its PNG makes some modules a pixel wider than others.
//
// Files: qr.go (content → modules), draw.go (modules → SVG and PNG).
package qr
