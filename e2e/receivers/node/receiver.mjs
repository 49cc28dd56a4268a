// A receiver of Counterfoil's callbacks: verifies, drops repeats, answers 204.
import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const verifier = new Webhook(process.env.COUNTERFOIL_CALLBACK_SECRET)
const seen = new Set() // yours is a unique index in your database

async function read(req) { // the bytes as they came: they are what is signed
  const chunks = []
  let size = 0
  for await (const chunk of req) {
    if ((size += chunk.length) > 65536) throw new Error('too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

createServer(async (req, res) => {
  try {
    // status is OFFER_CREATED, then one of ISSUED, FAILED (with errorDetails) and EXPIRED
    const { eventId, status, offerId, errorDetails } = verifier.verify(await read(req), req.headers)
    const key = `${eventId} ${status}`
    if (!seen.has(key)) {
      seen.add(key)
      console.log(status, offerId, errorDetails ?? '') // yours: store it, in one transaction with the index
    }
    res.writeHead(204).end()
  } catch {
    res.writeHead(401).end()
  }
}).listen(process.env.PORT, '127.0.0.1')
