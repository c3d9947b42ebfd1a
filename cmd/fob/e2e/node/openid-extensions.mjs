// What openid-client can drive of the extensions, against the demo provider. `demo` is the line of `fob demo --serve`.
import https from 'node:https';
import * as client from 'openid-client';
import { allow, bench, redirect_uri } from './openid-bench.mjs';

export async function extensions(demo, ok, follow) {
  const { found, configured, key, fault, callbackOf, login, plain } = bench(demo, follow);

  { // PAR
    const config = await configured('demo-par', client.None());
    const tokens = await login(config, (c, p) => client.buildAuthorizationUrlWithPAR(c, p));
    ok('PAR: tokens', tokens.claims().sub, tokens.claims());
    const refused = await login(config, plain).then(() => 'accepted', e => e.error);
    ok('PAR: a request that was not pushed is refused', refused === 'invalid_request', refused);
  }
  { // JAR, by value and pushed
    const config = await configured('demo-jar', client.None());
    const signing = await key('demo-jar', 'sig');
    const signed = (c, p) => client.buildAuthorizationUrlWithJAR(c, p, signing);
    ok('JAR: tokens', (await login(config, signed)).claims().sub, 'none');
    const pushed = async (c, p) => client.buildAuthorizationUrlWithPAR(c, (await signed(c, p)).searchParams);
    ok('JAR through PAR: tokens', (await login(config, pushed)).claims().sub, 'none');
  }
  { // JARM
    const config = await configured('demo-public', client.None(), undefined, client.useJwtResponseMode);
    ok('JARM: tokens', (await login(config, plain)).claims().sub, 'none');
    for (const name of ['jarm-wrong-iss', 'jarm-wrong-aud', 'jarm-expired']) {
      await fault(name, true);
      const said = await login(config, plain).then(() => 'accepted', e => e.code ?? e.message);
      ok(`JARM: ${name} is noticed`, said !== 'accepted', said);
      await fault(name, false);
    }
  }
  { // hybrid and implicit
    const hybrid = await configured('demo-implicit', client.None(), undefined, client.useCodeIdTokenResponseType, client.enableDetachedSignatureResponseChecks);
    ok('hybrid: c_hash and s_hash hold', (await login(hybrid, plain)).claims().sub, 'none');
    for (const name of ['wrong-c-hash', 'wrong-s-hash']) {
      await fault(name, true);
      const said = await login(hybrid, plain).then(() => 'accepted', e => e.message);
      ok(`hybrid: ${name} is noticed`, said !== 'accepted', said);
      await fault(name, false);
    }
    const implicit = await configured('demo-implicit', client.None(), undefined, client.useIdTokenResponseType);
    const nonce = client.randomNonce(), state = client.randomState();
    const callback = await callbackOf(client.buildAuthorizationUrl(implicit, { redirect_uri, scope: 'openid', nonce, state }));
    const claims = await client.implicitAuthentication(implicit, callback, nonce, { expectedState: state });
    ok('implicit: id_token', claims.sub, claims);
  }
  { // DPoP, without and with nonces
    const config = await configured('demo-dpop', client.None());
    for (const nonces of [false, true]) {
      await fault('dpop-nonce', nonces);
      await fault('dpop-nonce-api', nonces);
      const what = nonces ? 'DPoP with nonces' : 'DPoP';
      const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
      const tokens = await login(config, (c, p) => client.buildAuthorizationUrlWithPAR(c, p, { DPoP }), {}, { DPoP });
      ok(`${what}: token_type`, tokens.token_type === 'dpop', tokens.token_type);
      ok(`${what}: userinfo`, (await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP })).sub, 'none');
      const called = await client.fetchProtectedResource(config, tokens.access_token, new URL(`${demo.api}/orders?page=1`), 'GET', undefined, undefined, { DPoP });
      ok(`${what}: the API`, called.status === 200, called.status);
      ok(`${what}: refresh`, (await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })).token_type === 'dpop', 'not bound');
    }
    await fault('dpop-nonce', false);
    await fault('dpop-nonce-api', false);
  }
  { // client assertions
    const byKey = await configured('demo-key', client.PrivateKeyJwt(await key('demo-key', 'sig')));
    ok('private_key_jwt', (await client.clientCredentialsGrant(byKey, { scope: 'api:read' })).access_token, 'none');
    const bySecret = await configured('demo-jwt', client.ClientSecretJwt(found('demo-jwt').client_secret));
    ok('client_secret_jwt', (await client.clientCredentialsGrant(bySecret, { scope: 'api:read' })).access_token, 'none');
  }
  for (const id of ['demo-tls', 'demo-self-signed']) { // client certificates, by the aliases
    const config = await configured(id, client.TlsClientAuth(), { use_mtls_endpoint_aliases: true });
    config[client.customFetch] = certifiedFetch(found(id), demo.tls.ca);
    const tokens = await client.clientCredentialsGrant(config, { scope: 'api:read' });
    const info = await client.tokenIntrospection(config, tokens.access_token);
    ok(`${id}: the token is bound to the certificate`, info.cnf?.['x5t#S256'], info);
    const called = await client.fetchProtectedResource(config, tokens.access_token, new URL(`${demo.tls.api}/orders`), 'GET');
    ok(`${id}: the API takes it with the certificate`, called.status === 200, called.status);
  }
  const service = await configured('demo-service', client.ClientSecretBasic(found('demo-service').client_secret));
  { // CIBA
    const asked = await client.initiateBackchannelAuthentication(service, { scope: 'openid', login_hint: 'bob', binding_message: 'W4SCT' });
    const tokens = await client.pollBackchannelAuthenticationGrant(service, asked);
    ok('CIBA: tokens of whom the hint names', tokens.claims().sub === 'bob', tokens.claims());
  }
  { // token exchange, authorization details
    const subject = (await client.genericGrantRequest(service, 'password', { username: 'bob', password: demo.password, scope: 'api:read' })).access_token;
    const exchanged = await client.genericGrantRequest(service, 'urn:ietf:params:oauth:grant-type:token-exchange',
      { subject_token: subject, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' });
    ok('token exchange', exchanged.issued_token_type === 'urn:ietf:params:oauth:token-type:access_token', exchanged);
    const authorization_details = JSON.stringify([{ type: 'orders', actions: ['read'] }]);
    const tokens = await client.clientCredentialsGrant(service, { authorization_details });
    ok('authorization_details come back', JSON.stringify(tokens.authorization_details) === authorization_details || tokens.authorization_details[0].type === 'orders', tokens);
  }
  { // registration, and an introspection answer that is signed
    const config = await client.dynamicClientRegistration(new URL(demo.issuer), { redirect_uris: [redirect_uri], token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'client_credentials', 'refresh_token'],
      introspection_signed_response_alg: 'ES256', id_token_signed_response_alg: 'ES256' }, undefined, allow);
    ok('registration: a client', config.clientMetadata().client_id, config.clientMetadata());
    ok('registration: it logs in', (await login(config, plain)).claims().sub, 'none');
    const tokens = await client.clientCredentialsGrant(config, { scope: 'api:read' });
    ok('introspection as a JWT', (await client.tokenIntrospection(config, tokens.access_token)).active === true, 'not active');
  }
  { // encrypted id_token and userinfo
    const keys = await Promise.all(['ECDH-ES', 'ECDH-ES+A128KW'].map(alg => key('demo-encrypted', 'enc', alg)));
    const config = await configured('demo-encrypted', client.None(), { userinfo_signed_response_alg: 'ES256', id_token_signed_response_alg: 'ES256' },
      c => client.enableDecryptingResponses(c, ['A256GCM', 'A128CBC-HS256'], ...keys));
    const tokens = await login(config, plain);
    ok('an encrypted id_token', tokens.id_token.split('.').length === 5 && tokens.claims().sub, tokens.id_token);
    ok('encrypted userinfo', (await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).sub, 'none');
  }
  { // a client that is described by a document of its own
    const config = await configured(`${demo.issuer}/demo/client.json`, client.None());
    ok('client ID metadata document', (await login(config, plain)).claims().sub, 'none');
  }
}

// certifiedFetch is fetch with a client certificate: Node's own fetch cannot show one.
function certifiedFetch({ certificate, private_key }, ca) {
  return (url, { method, headers, body } = {}) => new Promise((resolve, reject) => {
    const sent = https.request(url, { method, headers: Object.fromEntries(new Headers(headers)), cert: certificate, key: private_key, ca }, answer => {
      const chunks = [];
      answer.on('data', chunk => chunks.push(chunk));
      answer.on('end', () => resolve(new Response(Buffer.concat(chunks), { status: answer.statusCode, headers: answer.headers })));
    });
    sent.on('error', reject);
    sent.end(body?.toString());
  });
}
