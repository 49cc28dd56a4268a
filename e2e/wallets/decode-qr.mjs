// Reads the QR code in a PNG with two decoders that know nothing of each other, jsQR and ZXing-C++, and prints what both say.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import jsQR from 'jsqr'
import { PNG } from 'pngjs'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'

const file = readFileSync(process.argv[2])
const png = PNG.sync.read(file)

async function zxing() {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')
  prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm) } }) // its own default fetches it
  const found = await readBarcodes(file, { formats: ['QRCode'] })
  return found.length === 1 ? found[0].text : undefined
}

const said = { jsQR: jsQR(new Uint8ClampedArray(png.data), png.width, png.height)?.data, ZXing: await zxing() }
if (!said.jsQR && !said.ZXing) {
  console.error('no QR code found')
  process.exit(1)
}
if (said.jsQR !== said.ZXing) {
  console.error('the decoders differ:', said)
  process.exit(1)
}
console.log(said.jsQR)
