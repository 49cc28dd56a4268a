// A wallet made of libraries that nobody here wrote: @openid4vc/openid4vci speaks the protocol, @sd-jwt/sd-jwt-vc and
// jose verify what comes, node:crypto the certificate chain. Prints one JSON object; exit code 0 means that every
// credential was collected and verified.
//
//   node collect.mjs --offer URI [--tx-code CODE] [--proofs N] [--dpop] [--root FILE] [--no-notify]
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { clientAuthenticationAnonymous, setGlobalConfig } from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { digest, generateSalt } from '@sd-jwt/crypto-nodejs'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import * as jose from 'jose'

const { values: args } = parseArgs({
  options: {
    offer: { type: 'string' }, 'tx-code': { type: 'string' }, proofs: { type: 'string', default: '1' },
    dpop: { type: 'boolean', default: false }, root: { type: 'string' }, 'no-notify': { type: 'boolean', default: false },
  },
})

setGlobalConfig({ allowInsecureUrls: true }) // the issuer under test is http://localhost

const keys = new Map() // thumbprint → private key
async function newKey() {
  const pair = await jose.generateKeyPair('ES256', { extractable: true })
  const jwk = await jose.exportJWK(pair.publicKey)
  keys.set(await jose.calculateJwkThumbprint(jwk), pair.privateKey)
  return jwk
}

const requests = []
const callbacks = {
  fetch: async (url, init) => {
    const response = await fetch(url, init)
    requests.push(`${init?.method ?? 'GET'} ${new URL(url).pathname} ${response.status}`)
    return response
  },
  hash: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
  generateRandom: (n) => randomBytes(n),
  clientAuthentication: clientAuthenticationAnonymous(),
  signJwt: async (signer, { header, payload }) => {
    const key = keys.get(await jose.calculateJwkThumbprint(signer.publicJwk))
    const jwt = await new jose.SignJWT(payload).setProtectedHeader({ ...header, alg: signer.alg }).sign(key)
    return { jwt, signerJwk: signer.publicJwk }
  },
}

function check(what, ok) {
  if (!ok) throw new Error(`verification: ${what}`)
}

// chain verifies x5c as HAIP asks: leaf first, anchor not in it, leaf not self-signed, every signature up to the root.
function chain(x5c, root) {
  check('x5c is there', Array.isArray(x5c) && x5c.length > 0)
  const certs = x5c.map((c) => new X509Certificate(Buffer.from(c, 'base64')))
  check('leaf is not self-signed', certs[0].issuer !== certs[0].subject)
  check('leaf is no CA', !certs[0].ca)
  check('root is a CA', root.ca)
  certs.forEach((cert, i) => {
    const above = certs[i + 1] ?? root
    check('the anchor is not in x5c', cert.fingerprint256 !== root.fingerprint256)
    check('issued by the one above', cert.checkIssued(above) && cert.verify(above.publicKey))
    check('valid now', new Date(cert.validFrom) <= new Date() && new Date() <= new Date(cert.validTo))
  })
  return certs[0]
}

async function verify(compact, proofKeys, configuration) {
  const [issuerJwt, ...disclosures] = compact.split('~')
  check('ends in a tilde', compact.endsWith('~'))
  const header = jose.decodeProtectedHeader(issuerJwt)
  check('typ', header.typ === 'dc+sd-jwt')
  const leaf = args.root
    ? chain(header.x5c, new X509Certificate(readFileSync(args.root)))
    : new X509Certificate(Buffer.from(header.x5c[0], 'base64'))
  const key = await jose.importX509(leaf.toString(), 'ES256')
  const { payload: plain } = await jose.compactVerify(issuerJwt, key, { algorithms: ['ES256'] })
  const sdjwt = new SDJwtVcInstance({
    hasher: digest, hashAlg: 'sha-256', saltGenerator: generateSalt,
    verifier: async (data, signature) => {
      await jose.compactVerify(`${data}.${signature}`, key, { algorithms: ['ES256'] })
      return true
    },
  })
  const { payload } = await sdjwt.verify(compact)
  const raw = JSON.parse(new TextDecoder().decode(plain))
  const now = Date.now() / 1000
  check('vct is that of the metadata', payload.vct === configuration.vct)
  check('bound to a key that was proved', proofKeys.has(await jose.calculateJwkThumbprint(payload.cnf.jwk)))
  check('no private key in cnf', payload.cnf.jwk.d === undefined)
  check('times', raw.iat <= now && raw.nbf <= now && raw.exp > now)
  check('times are whole hours', raw.iat % 3600 === 0 && raw.exp % 3600 === 0)
  check('no claim is in the clear that is a disclosure', disclosures.filter(Boolean).every((d) => {
    const parts = JSON.parse(Buffer.from(d, 'base64url'))
    return parts.length === 2 || raw[parts[1]] === undefined
  }))
  const { iss, iat, nbf, exp, cnf, vct, status, ...claims } = payload
  return { vct, claims, disclosures: disclosures.filter(Boolean).length, holder: await jose.calculateJwkThumbprint(cnf.jwk), iat, exp }
}

async function main() {
  const client = new Openid4vciClient({ callbacks })
  const credentialOffer = await client.resolveCredentialOffer(args.offer)
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const id = credentialOffer.credential_configuration_ids[0]
  const configuration = issuerMetadata.credentialIssuer.credential_configurations_supported[id]
  const signer = async () => ({ method: 'jwk', publicJwk: await newKey(), alg: 'ES256' })

  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer, issuerMetadata, txCode: args['tx-code'], dpop: args.dpop ? { signer: await signer() } : undefined,
  })
  const accessToken = token.accessTokenResponse.access_token
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
  const proofKeys = new Set()
  const jwts = []
  for (let i = 0; i < Number(args.proofs); i++) {
    const proofSigner = await signer()
    proofKeys.add(await jose.calculateJwkThumbprint(proofSigner.publicJwk))
    const proof = await client.createCredentialRequestJwtProof({ issuerMetadata, credentialConfigurationId: id, signer: proofSigner, nonce })
    jwts.push(proof.jwt)
  }
  const got = await client.retrieveCredentials({
    issuerMetadata, accessToken, credentialConfigurationId: id, proofs: { jwt: jwts }, dpop: token.dpop,
  })
  const response = got.credentialResponse
  const credentials = []
  for (const item of response.credentials) credentials.push(await verify(item.credential, proofKeys, configuration))
  check('each credential has a key of its own', new Set(credentials.map((c) => c.holder)).size === credentials.length)
  if (!args['no-notify']) {
    await client.sendNotification({
      issuerMetadata, accessToken, dpop: token.dpop && { ...token.dpop, nonce: got.dpop?.nonce ?? token.dpop.nonce },
      notification: { notificationId: response.notification_id, event: 'credential_accepted' },
    })
  }
  return { ok: true, tokenType: token.accessTokenResponse.token_type, credentials, requests }
}

try {
  console.log(JSON.stringify(await main()))
} catch (error) {
  const body = error.errorResponse ?? error.response?.credentialErrorResponseResult?.data ?? {}
  console.log(JSON.stringify({ ok: false, error: body.error, error_description: body.error_description, message: String(error.message), requests }))
  process.exitCode = 1
}
