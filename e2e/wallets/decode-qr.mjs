// Reads the QR code in a PNG with jsQR and prints what it says.
import { readFileSync } from 'node:fs'
import jsQR from 'jsqr'
import { PNG } from 'pngjs'

const png = PNG.sync.read(readFileSync(process.argv[2]))
const found = jsQR(new Uint8ClampedArray(png.data), png.width, png.height)
if (!found) {
  console.error('no QR code found')
  process.exit(1)
}
console.log(found.data)
