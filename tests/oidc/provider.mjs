// A real OpenID Connect provider for the tests, on loopback, in memory. Its answers can be spoilt on purpose:
// POST /hostile {"mode": …} spoils what the token, key and discovery addresses answer until the next POST.
import { createServer } from 'node:http'
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { Provider } from 'oidc-provider'

const [port, clients] = [Number(process.argv[2]), JSON.parse(process.argv[3])]
const issuer = `http://127.0.0.1:${port}`
const people = {
  ada: { sub: 'ada-1', name: 'Ada Prévost', email: 'ada@example.org', email_verified: true },
  bob: { sub: 'bob-2', name: 'Bob Renard', email: 'bob@example.org', email_verified: false },
}
const bySubject = Object.fromEntries(Object.values(people).map((one) => [one.sub, one]))

const newKey = (kid) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const about = { kid, use: 'sig', alg: 'RS256' }
  return { privateKey, own: { ...privateKey.export({ format: 'jwk' }), ...about }, shown: { ...publicKey.export({ format: 'jwk' }), ...about } }
}
const first = newKey('first')
const second = newKey('second')
const strange = newKey('first')

const configuration = (where) => ({
  clients: clients.map((client) => ({ ...client, token_endpoint_auth_method: where.post ? 'client_secret_post' : 'client_secret_basic' })),
  jwks: { keys: [first.own] },
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: Boolean(where.userinfo),
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  interactions: { url: (_, interaction) => `/enter/${interaction.uid}` },
  findAccount: (_, id) => bySubject[id] && { accountId: id, claims: () => bySubject[id] },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId })
    grant.addOIDCScope('openid email profile')
    await grant.save()
    return grant
  },
})
const log = (kind) => (_, error) => console.log(kind, error.message, error.error_description ?? '')
const made = (where) => {
  const provider = new Provider(issuer, configuration(where))
  provider.on('server_error', log('server_error'))
  provider.on('grant.error', log('grant.error'))
  return provider
}
const providers = { id_token: made({}), userinfo: made({ userinfo: true, post: true }) }
let provider = providers.id_token

const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
const signed = (claims, header = {}, key = first) => {
  const text = `${b64({ alg: 'RS256', typ: 'JWT', kid: 'first', ...header })}.${b64(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), key.privateKey).toString('base64url')}`
}
const changed = (change) => (token) => signed({ ...claimsOf(token), ...change(claimsOf(token)) })
const secret = clients[0].client_secret
const spoilt = {
  'wrong nonce': changed(() => ({ nonce: 'another' })),
  'no nonce': changed(() => ({ nonce: undefined })),
  'wrong audience': changed(() => ({ aud: 'another-client' })),
  'several audiences': changed((claims) => ({ aud: [claims.aud, 'another-client'], azp: 'another-client' })),
  'wrong party': changed(() => ({ azp: 'another-client' })),
  'wrong issuer': changed(() => ({ iss: 'https://another.example.org' })),
  expired: changed((claims) => ({ exp: claims.iat - 120, iat: claims.iat - 900 })),
  'issued tomorrow': changed((claims) => ({ iat: claims.iat + 86400, exp: claims.exp + 86400 })),
  'another access token': changed(() => ({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' })),
  'no subject': changed(() => ({ sub: undefined })),
  'subject of another kind': changed(() => ({ sub: ['ada-1'] })),
  'mail verified in words': changed(() => ({ email_verified: 'true' })),
  'alg none': (token) => `${b64({ alg: 'none' })}.${b64(claimsOf(token))}.`,
  'alg HS256': (token) => {
    const text = `${b64({ alg: 'HS256', kid: 'first' })}.${b64(claimsOf(token))}`
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
  },
  'strange key': (token) => signed(claimsOf(token), {}, strange),
  'altered claims': (token) => {
    const [header, , signature] = token.split('.')
    return `${header}.${b64({ ...claimsOf(token), sub: 'bob-2' })}.${signature}`
  },
  'new key': (token) => signed(claimsOf(token), { kid: 'second' }, second),
  honest: (token) => token,
}
let mode = 'honest'
let tokenRequests = []

const send = (response, status, type, body, headers = {}) => {
  response.writeHead(status, { 'content-type': type, ...headers })
  response.end(body)
}
const json = (response, value) => send(response, 200, 'application/json', JSON.stringify(value))
const bodyOf = async (request) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
const later = (response, value) => setTimeout(() => json(response, value), 30000).unref()

// What the provider would have answered, held back so that it can be changed.
const intercepted = (request, response, change) => {
  const { end, write } = response
  const chunks = []
  response.write = (chunk) => chunks.push(Buffer.from(chunk))
  response.end = (chunk) => {
    if (chunk) chunks.push(Buffer.from(chunk))
    const text = Buffer.concat(chunks).toString()
    const answer = response.statusCode === 200 ? JSON.stringify(change(JSON.parse(text))) : text
    Object.assign(response, { end, write })
    response.setHeader('content-length', Buffer.byteLength(answer))
    response.end(answer)
  }
  provider.callback()(request, response)
}

const enter = async (request, response, uid) => {
  const who = people[new URLSearchParams(await bodyOf(request)).get('login')]
  const result = who ? { login: { accountId: who.sub } } : { error: 'access_denied' }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

const discovery = '/.well-known/openid-configuration'
const outages = {
  'down': (response) => send(response, 503, 'text/plain', 'down'),
  'slow': (response) => later(response, {}),
  'bad JSON': (response) => send(response, 200, 'application/json', '{"issuer": '),
  'not an object': (response) => json(response, ['issuer']),
  'endless': (response) => send(response, 200, 'application/json', 'x'.repeat(1_000_000)),
  'redirecting': (response) => send(response, 302, 'text/plain', '', { location: `${issuer}/elsewhere` }),
}

createServer(async (request, response) => {
  const path = request.url.split('?')[0]
  if (path === '/hostile') {
    mode = JSON.parse(await bodyOf(request)).mode
    provider = mode === 'in userinfo' || mode === 'userinfo of another' ? providers.userinfo : providers.id_token
    const asked = tokenRequests
    tokenRequests = []
    return json(response, asked)
  }
  const [place, kind] = mode.split(': ')
  const spoils = { discovery: path === discovery, token: path === '/token', keys: path === '/jwks' }
  if (spoils[place]) return outages[kind](response)
  if (path === discovery && mode === 'another issuer') {
    return intercepted(request, response, (document) => ({ ...document, issuer: 'https://another.example.org' }))
  }
  if (path === discovery && mode === 'plain http elsewhere') {
    return intercepted(request, response, (document) => ({ ...document, token_endpoint: 'http://token.example.org/' }))
  }
  if (path === '/jwks' && mode === 'new key') return json(response, { keys: [first.shown, second.shown] })
  if (path === '/me' && mode === 'userinfo of another') {
    return intercepted(request, response, (claims) => ({ ...claims, sub: 'bob-2' }))
  }
  if (path === '/token') {
    tokenRequests.push(request.headers.authorization ?? 'in the body')
    const spoil = spoilt[mode] ?? spoilt.honest
    return intercepted(request, response, (token) => ({ ...token, id_token: spoil(token.id_token) }))
  }
  if (path.startsWith('/enter/')) {
    if (request.method === 'POST') return enter(request, response, path.split('/')[2])
    return send(response, 200, 'text/html', '<title>Qui est là</title><form method="post"><input name="login"><button>Entrer</button></form>')
  }
  return provider.callback()(request, response)
}).listen(port, '127.0.0.1', () => console.log('ready'))
