// Verifies a callback with the Standard Webhooks library for JavaScript: {secret, headers, body} on stdin.
import { readFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'

const { secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'))
try {
  new Webhook(secret).verify(body, headers)
  console.log('ok')
} catch (error) {
  console.error(String(error.message))
  process.exit(1)
}
