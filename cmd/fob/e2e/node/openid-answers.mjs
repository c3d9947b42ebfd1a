// The answers that a client can have made for it, the grants without a browser and the end of a sign-in, driven by
// openid-client against the demo provider. `demo` is the line of `fob demo --serve`.
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import * as client from 'openid-client';
import { allow, bench, redirect_uri } from './openid-bench.mjs';

const tokenType = 'urn:ietf:params:oauth:token-type:';

export async function answers(demo, ok, follow) {
  const { found, configured, fault, request, callbackOf, login, plain } = bench(demo, follow);
  const pub = await configured('demo-public', client.None());
  const service = await configured('demo-service', client.ClientSecretBasic(found('demo-service').client_secret));
  const register = (metadata, auth, ...execute) => client.dynamicClientRegistration(new URL(demo.issuer), { redirect_uris: [redirect_uri], ...metadata }, auth,
    { execute: [...allow.execute, ...execute] });

  { // how somebody signed in
    const { parameters, checks } = await request({ max_age: '300', acr_values: 'urn:fob:demo:password+otp', login_hint: 'bob', ui_locales: 'de',
      claims: JSON.stringify({ id_token: { email: { essential: true } } }) });
    const tokens = await client.authorizationCodeGrant(pub, await callbackOf(plain(pub, parameters)), { ...checks, maxAge: 300 });
    ok('max_age: auth_time is there and fresh', tokens.claims().auth_time, tokens.claims());
    ok('acr_values: acr', tokens.claims().acr === 'urn:fob:demo:password+otp', tokens.claims());
    ok('login_hint: who', tokens.claims().sub === 'bob', tokens.claims());
    ok('claims parameter: email', tokens.claims().email, tokens.claims());
    const silent = await request({ prompt: 'none', id_token_hint: tokens.id_token });
    const again = await client.authorizationCodeGrant(pub, await callbackOf(plain(pub, silent.parameters)), silent.checks);
    ok('prompt=none with a hint: the same person', again.claims().sub === 'bob', again.claims());
  }
  { // resource indicators, and a refresh for less and for another API
    const opaque = await login(pub, plain, { resource: demo.opaque });
    ok('resource: an opaque token', opaque.access_token.split('.').length === 1, opaque.access_token);
    const elsewhere = await client.refreshTokenGrant(pub, opaque.refresh_token, { resource: demo.api }).then(() => 'accepted', e => e.error);
    ok('refresh for an API that was not granted', elsewhere === 'invalid_target', elsewhere);
    const tokens = await login(pub, plain);
    const less = await client.refreshTokenGrant(pub, tokens.refresh_token, { scope: 'openid api:read' });
    ok('refresh for less', less.scope === 'openid api:read', less.scope);
    const other = await client.refreshTokenGrant(pub, less.refresh_token, { resource: demo.opaque });
    ok('refresh for another API', other.access_token.split('.').length === 1, other.access_token);
    await client.tokenRevocation(pub, other.refresh_token, { token_type_hint: 'refresh_token' });
    const ended = await client.refreshTokenGrant(pub, other.refresh_token).then(() => 'accepted', e => e.error);
    ok('revocation of a refresh token', ended === 'invalid_grant', ended);
  }
  { // the grants without a browser
    const bob = await client.genericGrantRequest(service, 'password', { username: 'bob', password: demo.password, scope: 'openid offline_access api:read' });
    ok('password: id_token', bob.claims().sub === 'bob', bob.claims());
    const actor = await client.clientCredentialsGrant(service, { scope: 'api:read' });
    const delegated = await client.genericGrantRequest(service, 'urn:ietf:params:oauth:grant-type:token-exchange', {
      subject_token: bob.access_token, subject_token_type: `${tokenType}access_token`, actor_token: actor.access_token, actor_token_type: `${tokenType}access_token`,
      requested_token_type: `${tokenType}jwt`, audience: demo.api });
    ok('token exchange: the type that was asked for', delegated.issued_token_type === `${tokenType}jwt`, delegated);
    const act = JSON.parse(Buffer.from(delegated.access_token.split('.')[1], 'base64url')).act;
    ok('token exchange: who acts', act?.sub === 'demo-service', act);
    const assertion = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setIssuer('demo-service').setSubject('alice').setAudience(demo.issuer)
      .setIssuedAt().setExpirationTime('2m').setJti(client.randomState()).sign(new TextEncoder().encode(found('demo-service').client_secret));
    const byAssertion = await client.genericGrantRequest(service, 'urn:ietf:params:oauth:grant-type:jwt-bearer', { assertion, scope: 'api:read' });
    ok('JWT bearer', byAssertion.access_token, byAssertion);
    const post = await configured('demo-post', client.ClientSecretPost(found('demo-post').client_secret));
    ok('client_secret_post', (await client.clientCredentialsGrant(post, { scope: 'api:read' })).access_token, 'none');
  }
  { // assertions for the token endpoint
    const toEndpoint = { [client.modifyAssertion]: (header, payload) => { payload.aud = `${demo.issuer}/token`; } };
    await fault('assertion-wants-token-endpoint', true);
    const strict = await configured('demo-jwt', client.ClientSecretJwt(found('demo-jwt').client_secret, toEndpoint));
    ok('client_secret_jwt for the token endpoint', (await client.clientCredentialsGrant(strict, { scope: 'api:read' })).access_token, 'none');
    const usual = await configured('demo-jwt', client.ClientSecretJwt(found('demo-jwt').client_secret));
    const refused = await client.clientCredentialsGrant(usual, { scope: 'api:read' }).then(() => 'accepted', e => e.status);
    ok('client_secret_jwt for the issuer, where that is not wanted', refused === 401, refused);
    await fault('assertion-wants-token-endpoint', false);
  }
  { // hybrid, with everything at once; DPoP and PAR and JARM together
    const config = await configured('demo-implicit', client.None(), undefined, client.useCodeIdTokenResponseType);
    const { parameters, checks } = await request({ response_mode: 'form_post' });
    const { body } = await follow(plain(config, parameters));
    const form = new URLSearchParams([...body.matchAll(/name="([^"]+)"\s+value="([^"]*)"/g)].map(m => [m[1], m[2].replaceAll('&amp;', '&')]));
    const tokens = await client.authorizationCodeGrant(config, new Request(redirect_uri, { method: 'POST', body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } }), checks);
    ok('hybrid, as a form', tokens.claims().sub, 'none');
    const jarm = await configured('demo-dpop', client.None(), undefined, client.useJwtResponseMode);
    const DPoP = client.getDPoPHandle(jarm, await client.randomDPoPKeyPair('ES256'));
    const bound = await login(jarm, (c, p) => client.buildAuthorizationUrlWithPAR(c, p, { DPoP }), {}, { DPoP });
    ok('PAR, JARM and DPoP at once', bound.token_type === 'dpop', bound.token_type);
    const proven = await client.fetchProtectedResource(jarm, bound.access_token, new URL(`${demo.api}/me`), 'GET').then(r => r.status, e => e.status ?? e.cause?.status ?? 'refused');
    ok('a bound token without its key is refused', proven !== 200, proven);
  }
  { // what a client can have made for it: signed, encrypted, or both
    const sealing = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    const jwks = { keys: [{ ...await exportJWK(sealing.publicKey), kid: 'seals', use: 'enc', alg: 'ECDH-ES' }] };
    const opens = c => client.enableDecryptingResponses(c, ['A256GCM', 'A128CBC-HS256'], { key: sealing.privateKey, kid: 'seals', alg: 'ECDH-ES' });
    const signed = await register({ token_endpoint_auth_method: 'none', userinfo_signed_response_alg: 'ES256', id_token_signed_response_alg: 'EdDSA' });
    let tokens = await login(signed, plain);
    ok('id_token by EdDSA', tokens.claims().sub, 'none');
    ok('signed userinfo', (await client.fetchUserInfo(signed, tokens.access_token, tokens.claims().sub)).sub, 'none');
    const jarm = await register({ jwks, token_endpoint_auth_method: 'none', authorization_signed_response_alg: 'ES256', authorization_encrypted_response_alg: 'ECDH-ES',
      authorization_encrypted_response_enc: 'A256GCM', id_token_signed_response_alg: 'ES256' }, undefined, client.useJwtResponseMode, opens);
    ok('an encrypted authorization response', (await login(jarm, plain)).claims().sub, 'none');
    const asked = await register({ jwks, token_endpoint_auth_method: 'client_secret_post', grant_types: ['client_credentials'], response_types: [], redirect_uris: [],
      introspection_signed_response_alg: 'ES256', introspection_encrypted_response_alg: 'ECDH-ES', introspection_encrypted_response_enc: 'A256GCM' }, undefined, opens);
    const token = (await client.clientCredentialsGrant(asked, { scope: 'api:read' })).access_token;
    ok('an encrypted introspection answer', (await client.tokenIntrospection(asked, token)).active === true, 'not active');
  }
  { // the end of a sign-in
    const tokens = await login(pub, plain);
    const url = client.buildEndSessionUrl(pub, { post_logout_redirect_uri: 'http://127.0.0.1:9/signed-out', id_token_hint: tokens.id_token, state: 'bye' });
    ok('RP-initiated logout: where it is', url.href.startsWith(pub.serverMetadata().end_session_endpoint), url.href);
    const { location, body } = await follow(url, 'http://127.0.0.1:9/');
    ok('RP-initiated logout: back with the state', location === 'http://127.0.0.1:9/signed-out?state=bye', location ?? body);
  }
}
