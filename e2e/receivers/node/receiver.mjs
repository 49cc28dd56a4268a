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

// Yours: store the event, in one transaction with the index of what was seen. status is OFFER_CREATED, then one of ISSUED,
// FAILED (with errorDetails) and EXPIRED; PING in a test. There is no offerId when it is about none, as with PING.
function handle({ eventId, status, offerId, errorDetails }) {
  console.log(status, offerId ?? eventId, errorDetails ?? '')
}

createServer(async (req, res) => {
  let event
  try {
    event = verifier.verify(await read(req), req.headers)
  } catch {
    return res.writeHead(401).end()
  }
  try {
    const key = `${event.eventId} ${event.status}`
    if (!seen.has(key)) {
      handle(event)
      seen.add(key)
    }
    res.writeHead(204).end()
  } catch {
    res.writeHead(500).end() // not taken: it comes again
  }
}).listen(process.env.PORT, '127.0.0.1')
