// An authorization server made of oidc-provider: client credentials, and JWT access tokens for one resource (RFC 8707, RFC 9068).
// Prints {"issuer": …} on a line of its own when it listens, and ends when its standard input does.
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const [audience, scope, ...clientIds] = process.argv.slice(2)
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: clientIds.map((id) => ({
      client_id: id, client_secret: `${id}-secret`, grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope,
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: (_, resource) => ({ scope, audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 300 }),
      },
    },
    scopes: scope.split(' '),
  })
  server.on('request', provider.callback())
  console.log(JSON.stringify({ issuer }))
})
process.stdin.resume().on('end', () => process.exit(0))
