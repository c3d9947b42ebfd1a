// A certified authorization server (oidc-provider) on loopback with every feature on, for driving fob against somebody
// else's reading of the specs. Prints one JSON line and serves until its standard input closes.
//
//   FOB_E2E_SECRET             the secret of the clients that have one
//   FOB_E2E_JWKS               a file with the public keys of the clients that have keys (signing and encryption)
//   FOB_E2E_TLS_CERT, _KEY     serve https as well, with these PEM files, and ask clients for a certificate (RFC 8705)
//   FOB_E2E_TLS_CLIENT_CA      a PEM file: who may issue the certificates of tls_client_auth
//
// The line: {"issuer": …, "tls": …, "aliased": …}. The last two are there with https: a provider that asks for certificates
// at its own address, and one that does so at its mtls_endpoint_aliases alone.
import { createServer } from 'node:http';
import { createServer as createTLSServer } from 'node:https';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Provider, errors, interactionPolicy } from 'oidc-provider';
import { clientsOf } from './provider-clients.mjs';

const { FOB_E2E_SECRET: client_secret = 'a secret nobody uses, long enough for HS256', FOB_E2E_JWKS, FOB_E2E_TLS_CERT, FOB_E2E_TLS_KEY, FOB_E2E_TLS_CLIENT_CA } = process.env;
const api = 'https://api.example.com', opaque = 'https://opaque.example.com';
const strong = 'urn:fob:e2e:strong', userCode = '4711';
const clientKeys = FOB_E2E_JWKS ? JSON.parse(readFileSync(FOB_E2E_JWKS)) : undefined;

// The server's own keys: one for each way of signing, and those to encrypt for it with.
const serverKey = (type, options, more) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), ...more });
const jwks = { keys: [
  serverKey('rsa', { modulusLength: 2048 }, { use: 'sig', kid: 'rsa-signs' }),
  serverKey('ec', { namedCurve: 'P-256' }, { use: 'sig', kid: 'ec-signs' }),
  serverKey('ed25519', {}, { use: 'sig', kid: 'ed-signs' }),
  serverKey('ec', { namedCurve: 'P-256' }, { use: 'enc', kid: 'ec-decrypts', alg: 'ECDH-ES' }),
] };

const algs = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW', 'RSA-OAEP', 'RSA-OAEP-256', 'A128KW', 'A192KW', 'A256KW', 'dir'];
const enabledJWA = Object.fromEntries(['idToken', 'userinfo', 'introspection', 'authorization', 'requestObject'].map(what => [`${what}EncryptionAlgValues`, algs]));

// A native client's person need not be asked each time: prompt=none is to be had.
const policy = interactionPolicy.base();
policy.get('consent').checks.remove('native_client_prompt');

const locales = new Map(); // account -> the language in which the person was last asked to sign in

// configuration is that of one provider. `find` is the provider itself, once it is there; `certificates` says whether
// connections can show one; `discovery` is put over its metadata.
const configuration = (find, certificates, discovery = {}) => ({
  clients: clientsOf(client_secret, clientKeys, certificates),
  jwks,
  discovery,
  enabledJWA,
  scopes: ['openid', 'offline_access', 'profile', 'email', 'api:read', 'api:write'],
  claims: { openid: ['sub'], profile: ['name', 'locale'], email: ['email'], acr: null, auth_time: null, amr: null },
  acrValues: [strong],
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Alice Example', email: 'alice@example.com', locale: locales.get(id) }) }),
  interactions: { policy },
  pkce: { required: (ctx, client) => client.clientId !== 'hybrid' },
  rotateRefreshToken: true,
  responseTypes: ['code', 'id_token', 'id_token token', 'code id_token', 'code token', 'code id_token token', 'none'],
  clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt',
    ...(certificates ? ['tls_client_auth', 'self_signed_tls_client_auth'] : [])],
  // The clients of tests live on loopback, which the provider's own fetch keeps away from. The address for CIBA's pings must
  // be https by its rules, and what listens there is http: as with a tunnel that ends TLS.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(String(url).replace(/^https:(.*\/ciba)$/, 'http:$1'), options),
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    jwtIntrospection: { enabled: true },
    jwtUserinfo: { enabled: true },
    encryption: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    pushedAuthorizationRequests: { enabled: true },
    // A client that registered how it encrypts its requests has to. (What is pushed is decrypted before it can be seen here.)
    requestObjects: { enabled: true, assertJwtClaimsAndHeader: async (ctx, claims, header, client) => {
      if (client.requestObjectEncryptionAlg && ctx.query.request?.split('.').length === 3) throw new errors.InvalidRequestObject('the request object is not encrypted');
    } },
    jwtResponseModes: { enabled: true },
    registration: { enabled: true },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
    clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
    ciba: {
      enabled: true, deliveryModes: ['poll', 'ping'],
      processLoginHint: async (ctx, hint) => hint,
      processLoginHintToken: async (ctx, token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).sub,
      validateRequestContext: async () => {}, validateBindingMessage: async () => {},
      verifyUserCode: async (ctx, account, code) => { if (code !== undefined && code !== userCode) throw new Error('not the user code'); },
      triggerAuthenticationDevice: async (ctx, request, account, client) => {
        setImmediate(async () => {
          const provider = find(), grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
          grant.addOIDCScope(request.scope);
          await grant.save();
          await provider.backchannelResult(request, grant);
        });
      },
    },
    richAuthorizationRequests: {
      enabled: true,
      types: { payment: { validate: () => {} } },
      authorizationDetailsForGrantSource: ctx => JSON.parse(ctx.oidc.params.authorization_details ?? 'null') ?? undefined,
      authorizationDetailsForAccessToken: (ctx, token, source) => source?.rar,
      authorizationDetailsForIntrospection: (ctx, token) => token.rar,
    },
    mTLS: certificates ? {
      enabled: true, certificateBoundAccessTokens: true, selfSignedTlsClientAuth: true, tlsClientAuth: true,
      getCertificate: ctx => ctx.socket.getPeerX509Certificate()?.toString(),
      certificateAuthorized: ctx => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_subject_dn' && ctx.socket.getPeerX509Certificate()?.subject === expected,
    } : { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx, client) => (client.grantTypeAllowed('client_credentials') ? api : undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource) => ({
        scope: 'api:read api:write', audience: resource, accessTokenTTL: 600,
        ...(resource === opaque ? { accessTokenFormat: 'opaque' } : { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
      }),
    },
  },
  ttl: { AccessToken: 600, ClientCredentials: 120, DeviceCode: 300, BackchannelAuthenticationRequest: 300, Interaction: 300, Session: 300, Grant: 600, IdToken: 300, RefreshToken: 600 },
  cookies: { keys: ['only for tests on loopback'] },
});

// What goes wrong inside is said, so that a failing test shows it.
const told = ['server_error', 'grant.error', 'authorization.error', 'pushed_authorization_request.error', 'backchannel_authentication.error',
  'backchannel.error', 'userinfo.error', 'introspection.error', 'registration_create.error', 'registration_update.error', 'end_session.error'];

// answer puts a provider behind servers that listen, the first of which is its issuer.
function answer(issuer, certificates, discovery, ...servers) {
  const provider = new Provider(issuer, configuration(() => provider, certificates, discovery));
  for (const event of told) provider.on(event, (ctx, err) => console.error(event, err?.error ?? err, err?.error_description ?? '', err?.error_detail ?? ''));
  // Whoever signs in here has signed in strongly: there is one way to do so.
  const finished = provider.interactionFinished.bind(provider);
  provider.interactionFinished = async (req, res, result, options) => {
    if (!result.login) return finished(req, res, result, options);
    const { params } = await provider.interactionDetails(req, res);
    locales.set(result.login.accountId, params.ui_locales?.split(' ')[0]);
    return finished(req, res, { ...result, login: { ...result.login, acr: strong, amr: ['pwd', 'otp'] } }, options);
  };
  for (const server of servers) server.on('request', provider.callback());
  return issuer;
}

async function listening(server, scheme) {
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  return `${scheme}://127.0.0.1:${server.address().port}`;
}

const plain = createServer();
const line = { issuer: answer(await listening(plain, 'http'), false, {}, plain) };
if (FOB_E2E_TLS_CERT) {
  const pem = { cert: readFileSync(FOB_E2E_TLS_CERT), key: readFileSync(FOB_E2E_TLS_KEY) };
  const asking = { ...pem, ca: FOB_E2E_TLS_CLIENT_CA && readFileSync(FOB_E2E_TLS_CLIENT_CA), requestCert: true, rejectUnauthorized: false };
  const one = createTLSServer(asking), main = createTLSServer(pem), aliases = createTLSServer(asking);
  line.tls = answer(await listening(one, 'https'), true, {}, one);
  const alias = await listening(aliases, 'https');
  line.aliased = answer(await listening(main, 'https'), true, { mtls_endpoint_aliases: Object.fromEntries(Object.entries({
    token_endpoint: '/token', userinfo_endpoint: '/me', introspection_endpoint: '/token/introspection', revocation_endpoint: '/token/revocation',
    pushed_authorization_request_endpoint: '/request', device_authorization_endpoint: '/device/auth', backchannel_authentication_endpoint: '/backchannel',
  }).map(([name, path]) => [name, alias + path])) }, main, aliases);
}
console.log(JSON.stringify(line));
process.stdin.resume().on('end', () => process.exit(0)).on('close', () => process.exit(0));
