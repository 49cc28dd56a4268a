// An OpenID Provider made of oidc-provider, at which staff sign in: authorization code with PKCE. Whoever signs in as <name> has the roles
// that ROLES says in JSON; who signs out there is signed out at the portal, which is told so. Prints {"issuer": …} on a line of its own when it listens, and ends when its standard input does.
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const [clientId, clientSecret, redirectUri, roles] = process.argv.slice(2)
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], grant_types: ['authorization_code'], response_types: ['code'],
      backchannel_logout_uri: new URL('logout', redirectUri).href, backchannel_logout_session_required: true }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['name', 'roles'] },
    conformIdTokenClaims: false, // the roles stand in the ID token
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `${id[0].toUpperCase()}${id.slice(1)} of the bank`, roles: JSON.parse(roles)[id] ?? [] }),
    }),
    features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true } },
    fetch: (url, { dispatcher, ...options }) => fetch(url, options), // its own would not call this machine
    cookies: { keys: ['test'] },
  })
  server.on('request', provider.callback())
  console.log(JSON.stringify({ issuer }))
})
process.stdin.resume().on('end', () => process.exit(0))
