// What both parts of the drive of the demo provider by openid-client need. `demo` is the line of `fob demo --serve`.
import { importJWK } from 'jose';
import * as client from 'openid-client';

export const redirect_uri = 'http://127.0.0.1:9/callback';
export const allow = { execute: [client.allowInsecureRequests] };

export function bench(demo, follow) {
  const found = id => demo.clients.find(c => c.client_id === id);
  const configured = (id, auth, metadata, ...execute) =>
    client.discovery(new URL(demo.issuer), id, metadata, auth, { execute: [...allow.execute, ...execute] });
  const key = async (id, use, alg) => {
    const jwk = found(id).jwks.keys.find(k => k.use === use && (!alg || k.alg === alg));
    return { key: await importJWK(jwk, jwk.alg), kid: jwk.kid, alg: jwk.alg };
  };
  const fault = async (name, on) => {
    const r = await fetch(`${demo.faults}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name, on }) });
    if (!r.ok) throw new Error(`fault ${name}: ${r.status}`);
  };
  // request makes the parameters of a code request and the checks that go with it.
  const request = async (more = {}) => {
    const pkceCodeVerifier = client.randomPKCECodeVerifier(), expectedState = client.randomState(), expectedNonce = client.randomNonce();
    return {
      parameters: { redirect_uri, scope: 'openid offline_access api:read', code_challenge_method: 'S256', state: expectedState, nonce: expectedNonce,
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), ...more },
      checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true },
    };
  };
  const callbackOf = async url => new URL((await follow(url, 'http://127.0.0.1:9/')).location);
  const login = async (config, build, more, options) => {
    const { parameters, checks } = await request(more);
    const callback = await callbackOf(await build(config, parameters));
    return client.authorizationCodeGrant(config, callback, checks, undefined, options);
  };
  const plain = (config, parameters) => client.buildAuthorizationUrl(config, parameters);
  return { found, configured, key, fault, request, callbackOf, login, plain };
}
