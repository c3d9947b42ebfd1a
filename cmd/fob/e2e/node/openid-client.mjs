// A certified client library (openid-client) driving the demo provider: fob's provider must satisfy somebody else.
// Usage: node openid-client.mjs; the line of `fob demo --serve` is in $FOB_E2E_DEMO.
import * as client from 'openid-client';
import { answers } from './openid-answers.mjs';
import { extensions } from './openid-extensions.mjs';

const demo = JSON.parse(process.env.FOB_E2E_DEMO);
const { issuer } = demo, publicID = 'demo-public', serviceID = 'demo-service';
const allow = { execute: [client.allowInsecureRequests] };
let passed = 0;
const ok = (what, condition, got) => {
  if (!condition) throw new Error(`${what}: got ${JSON.stringify(got)}`);
  passed++;
  console.error(`ok  ${what}`);
};

const pub = await client.discovery(new URL(issuer), publicID, undefined, client.None(), allow);
ok('discovery finds the issuer', pub.serverMetadata().issuer === issuer, pub.serverMetadata().issuer);

for (const mode of ['query', 'form_post']) {
  const redirect_uri = 'http://127.0.0.1:9/callback';
  const verifier = client.randomPKCECodeVerifier(), state = client.randomState(), nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(pub, {
    redirect_uri, scope: 'openid profile offline_access api:read', code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256', state, nonce, ...(mode === 'query' ? {} : { response_mode: mode }),
  });
  let callback;
  if (mode === 'query') {
    callback = new URL((await follow(url, 'http://127.0.0.1:9/')).location);
  } else {
    const { body } = await follow(url);
    const form = new URLSearchParams([...body.matchAll(/name="([^"]+)"\s+value="([^"]*)"/g)].map(m => [m[1], m[2].replaceAll('&amp;', '&')]));
    callback = new Request(redirect_uri, { method: 'POST', body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  }
  const tokens = await client.authorizationCodeGrant(pub, callback, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true });
  ok(`code (${mode}): id_token validated, sub is there`, tokens.claims().sub, tokens.claims());
  const info = await client.fetchUserInfo(pub, tokens.access_token, tokens.claims().sub);
  ok(`code (${mode}): userinfo agrees`, info.sub === tokens.claims().sub, info);
  const renewed = await client.refreshTokenGrant(pub, tokens.refresh_token);
  ok(`code (${mode}): refresh rotates`, renewed.refresh_token && renewed.refresh_token !== tokens.refresh_token, 'the same refresh token');
  const reuse = await client.refreshTokenGrant(pub, tokens.refresh_token).then(() => 'accepted', e => e.error);
  ok(`code (${mode}): a spent refresh token is refused`, reuse === 'invalid_grant', reuse);
  const family = await client.refreshTokenGrant(pub, renewed.refresh_token).then(() => 'accepted', e => e.error);
  ok(`code (${mode}): reuse ends the family`, family === 'invalid_grant', family);
}

const device = await client.initiateDeviceAuthorization(pub, { scope: 'openid offline_access' });
ok('device: codes and a verification URI', device.user_code && device.device_code && device.verification_uri, Object.keys(device));
const polled = await client.pollDeviceAuthorizationGrant(pub, device);
ok('device: tokens after polling', polled.access_token && polled.claims().sub, Object.keys(polled));
ok('device: refresh', (await client.refreshTokenGrant(pub, polled.refresh_token)).access_token, 'none');

const service = await client.discovery(new URL(issuer), serviceID, undefined, client.ClientSecretBasic(demo.clients.find(c => c.client_id === serviceID).client_secret), allow);
const grant = await client.clientCredentialsGrant(service, { scope: 'api:read' });
ok('client credentials', grant.access_token && grant.token_type === 'bearer', Object.keys(grant));
ok('introspection: active', (await client.tokenIntrospection(service, grant.access_token)).active === true, false);
await client.tokenRevocation(service, grant.access_token);
ok('introspection: not active once revoked', (await client.tokenIntrospection(service, grant.access_token)).active === false, true);
await extensions(demo, ok, follow);
await answers(demo, ok, follow);
console.log(JSON.stringify({ passed }));

async function follow(url, until) {
  let cookie = '';
  for (let i = 0; i < 10; i++) {
    const r = await fetch(url, { redirect: 'manual', headers: { cookie } });
    cookie = [cookie, ...r.headers.getSetCookie().map(c => c.split(';')[0])].filter(Boolean).join('; ');
    const location = r.headers.get('location');
    if (!location) return { status: r.status, body: await r.text() };
    if (until && location.startsWith(until)) return { location };
    url = new URL(location, url);
  }
  throw new Error('too many redirects');
}
