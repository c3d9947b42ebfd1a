// A certified authorization server (oidc-provider) on loopback, for driving fob against somebody else's reading of
// the specs. Prints one JSON line {"issuer": …} and serves until its standard input closes.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const api = 'https://api.example.com';
const server = createServer();
await new Promise(done => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'native', application_type: 'native', token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    },
    {
      client_id: 'web', client_secret: process.env.FOB_E2E_SECRET, application_type: 'native',
      token_endpoint_auth_method: 'client_secret_post', redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
    },
    {
      client_id: 'service', client_secret: process.env.FOB_E2E_SECRET, token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: [], response_types: [], grant_types: ['client_credentials'], scope: 'api:read',
    },
  ],
  scopes: ['openid', 'offline_access', 'profile', 'email', 'api:read'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Alice Example', email: 'alice@example.com' }) }),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx, client) => (client.clientId === 'service' ? api : undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'api:read', audience: api, accessTokenFormat: 'jwt', accessTokenTTL: 120, jwt: { sign: { alg: 'RS256' } } }),
    },
  },
  ttl: { AccessToken: 120, ClientCredentials: 120, DeviceCode: 300, Interaction: 300, Session: 300, Grant: 600, IdToken: 300, RefreshToken: 600 },
  cookies: { keys: ['only for tests on loopback'] },
});
server.on('request', provider.callback());
console.log(JSON.stringify({ issuer }));
process.stdin.resume().on('end', () => process.exit(0)).on('close', () => process.exit(0));
