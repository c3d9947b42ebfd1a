// A certified authorization server (oidc-provider) on loopback with every feature on, for driving fob against somebody
// else's reading of the specs. Prints one JSON line {"issuer": …} and serves until its standard input closes.
//
//   FOB_E2E_SECRET             the secret of the clients that have one
//   FOB_E2E_JWKS               a file with the public keys of the clients that have keys (signing and encryption)
//   FOB_E2E_TLS_CERT, _KEY     serve https with these PEM files and ask clients for a certificate (RFC 8705)
import { createServer } from 'node:http';
import { createServer as createTLSServer } from 'node:https';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Provider } from 'oidc-provider';

const { FOB_E2E_SECRET: client_secret = 'a secret nobody uses, long enough for HS256', FOB_E2E_JWKS, FOB_E2E_TLS_CERT, FOB_E2E_TLS_KEY } = process.env;
const api = 'https://api.example.com';
const server = FOB_E2E_TLS_CERT
  ? createTLSServer({ cert: readFileSync(FOB_E2E_TLS_CERT), key: readFileSync(FOB_E2E_TLS_KEY), requestCert: true, rejectUnauthorized: false })
  : createServer();
await new Promise(done => server.listen(0, '127.0.0.1', done));
const issuer = `${FOB_E2E_TLS_CERT ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;

const redirect_uris = ['http://127.0.0.1/callback'];
const device = 'urn:ietf:params:oauth:grant-type:device_code', ciba = 'urn:openid:params:grant-type:ciba';
const native = (client_id, more = {}) => ({
  client_id, application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris, response_types: ['code'],
  grant_types: ['authorization_code', 'refresh_token', device], ...more,
});
const service = (client_id, token_endpoint_auth_method, more = {}) => ({
  client_id, token_endpoint_auth_method, redirect_uris: [], response_types: [], grant_types: ['client_credentials'], scope: 'api:read', ...more,
});
const jwks = FOB_E2E_JWKS ? JSON.parse(readFileSync(FOB_E2E_JWKS)) : undefined;
const clients = [
  native('native', { authorization_details_types: ['payment'] }),
  native('dpop', { dpop_bound_access_tokens: true }),
  native('par', { require_pushed_authorization_requests: true }),
  native('hybrid', { response_types: ['code', 'id_token', 'code id_token'], grant_types: ['authorization_code', 'implicit', 'refresh_token'] }),
  native('web', { client_secret, token_endpoint_auth_method: 'client_secret_post', grant_types: ['authorization_code', 'refresh_token'] }),
  service('service', 'client_secret_basic', { client_secret }),
  service('secret-jwt', 'client_secret_jwt', { client_secret }),
  { client_id: 'ciba', client_secret, token_endpoint_auth_method: 'client_secret_basic', redirect_uris: [], response_types: [],
    grant_types: [ciba, 'refresh_token'], backchannel_token_delivery_mode: 'poll' },
  native('jarm'),
  native('introspector', { client_secret, token_endpoint_auth_method: 'client_secret_basic', introspection_signed_response_alg: 'RS256' }),
  ...(jwks ? [
    service('key-jwt', 'private_key_jwt', { jwks }),
    native('jar', { jwks, require_signed_request_object: true, request_object_signing_alg: 'ES256' }),
    native('encrypted', { jwks, id_token_encrypted_response_alg: 'ECDH-ES', id_token_encrypted_response_enc: 'A128CBC-HS256',
      userinfo_signed_response_alg: 'RS256', userinfo_encrypted_response_alg: 'ECDH-ES', userinfo_encrypted_response_enc: 'A128CBC-HS256' }),
  ] : []),
  ...(FOB_E2E_TLS_CERT ? [
    service('mtls-ca', 'tls_client_auth', { tls_client_auth_subject_dn: 'CN=fob-e2e-client', tls_client_certificate_bound_access_tokens: true }),
    ...(jwks ? [service('mtls-self', 'self_signed_tls_client_auth', { jwks, tls_client_certificate_bound_access_tokens: true })] : []),
  ] : []),
];

const provider = new Provider(issuer, {
  clients,
  scopes: ['openid', 'offline_access', 'profile', 'email', 'api:read'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
  acrValues: ['urn:fob:e2e:strong'],
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Alice Example', email: 'alice@example.com' }) }),
  pkce: { required: (ctx, client) => client.clientId !== 'hybrid' },
  rotateRefreshToken: true,
  responseTypes: ['code', 'id_token', 'code id_token', 'none'],
  clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt',
    ...(FOB_E2E_TLS_CERT ? ['tls_client_auth', 'self_signed_tls_client_auth'] : [])],
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
    claimsParameter: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    pushedAuthorizationRequests: { enabled: true },
    requestObjects: { enabled: true },
    jwtResponseModes: { enabled: true },
    registration: { enabled: true },
    registrationManagement: { enabled: true },
    ciba: {
      enabled: true, deliveryModes: ['poll', 'ping'],
      processLoginHint: async (ctx, hint) => hint, validateRequestContext: async () => {}, verifyUserCode: async () => {}, validateBindingMessage: async () => {},
      triggerAuthenticationDevice: async (ctx, request, account, client) => {
        setImmediate(async () => {
          const grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
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
    mTLS: FOB_E2E_TLS_CERT ? {
      enabled: true, certificateBoundAccessTokens: true, selfSignedTlsClientAuth: true, tlsClientAuth: true,
      getCertificate: ctx => ctx.socket.getPeerX509Certificate()?.toString(),
      certificateAuthorized: ctx => ctx.socket.getPeerX509Certificate() !== undefined,
      certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_subject_dn' && ctx.socket.getPeerX509Certificate()?.subject === expected,
    } : { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx, client) => (client.grantTypeAllowed('client_credentials') ? api : undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'api:read', audience: api, accessTokenFormat: 'jwt', accessTokenTTL: 120, jwt: { sign: { alg: 'RS256' } } }),
    },
  },
  ttl: { AccessToken: 120, ClientCredentials: 120, DeviceCode: 300, BackchannelAuthenticationRequest: 300, Interaction: 300, Session: 300, Grant: 600, IdToken: 300, RefreshToken: 600 },
  cookies: { keys: ['only for tests on loopback'] },
});
// What goes wrong inside is said, so that a failing test shows it.
for (const event of ['server_error', 'grant.error', 'authorization.error', 'pushed_authorization_request.error', 'backchannel_authentication.error', 'userinfo.error', 'introspection.error']) {
  provider.on(event, (ctx, err) => console.error(event, err?.error, err?.error_description ?? '', err?.error_detail ?? ''));
}
server.on('request', provider.callback());
console.log(JSON.stringify({ issuer }));
process.stdin.resume().on('end', () => process.exit(0)).on('close', () => process.exit(0));
