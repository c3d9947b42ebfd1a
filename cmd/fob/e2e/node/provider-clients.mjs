// The clients of provider.mjs. `secret` is that of the clients which have one, `jwks` the public keys of those which have
// keys, `certificates` says whether the provider asks for client certificates (RFC 8705).
const redirect_uris = ['http://127.0.0.1/callback'];
const device = 'urn:ietf:params:oauth:grant-type:device_code', ciba = 'urn:openid:params:grant-type:ciba';

export function clientsOf(secret, jwks, certificates) {
  const native = (client_id, more = {}) => ({
    client_id, application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris, response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', device], ...more,
  });
  const confidential = (client_id, more = {}) => native(client_id, { client_secret: secret, token_endpoint_auth_method: 'client_secret_basic', ...more });
  const service = (client_id, token_endpoint_auth_method, more = {}) => ({
    client_id, token_endpoint_auth_method, redirect_uris: [], response_types: [], grant_types: ['client_credentials'], scope: 'api:read', ...more,
  });
  // front is a client that takes tokens, or nothing at all, from the authorization endpoint.
  const front = (client_id, ...response_types) =>
    native(client_id, { response_types, grant_types: ['authorization_code', 'implicit', 'refresh_token'].filter(g => g === 'implicit' || response_types.some(t => t.includes('code'))) });
  // sealed is a client whose answers are encrypted: key by key, or with keys made from its secret.
  const sealed = (client_id, id_token_encrypted_response_alg, id_token_encrypted_response_enc, more = {}) =>
    (/^(RSA|ECDH)/.test(id_token_encrypted_response_alg) ? native : confidential)(client_id,
      { jwks: /^(RSA|ECDH)/.test(id_token_encrypted_response_alg) ? jwks : undefined, id_token_encrypted_response_alg, id_token_encrypted_response_enc, ...more });

  return [
    native('native', { authorization_details_types: ['payment'] }),
    native('dpop', { dpop_bound_access_tokens: true }),
    native('par', { require_pushed_authorization_requests: true }),
    native('jarm'),
    front('hybrid', 'code', 'id_token', 'code id_token', 'code token', 'code id_token token'),
    front('implicit', 'id_token', 'id_token token'),
    native('nothing', { response_types: ['none'], grant_types: [] }),
    confidential('web', { token_endpoint_auth_method: 'client_secret_post', grant_types: ['authorization_code', 'refresh_token'] }),
    confidential('introspector', { introspection_signed_response_alg: 'RS256' }),
    service('service', 'client_secret_basic', { client_secret: secret }),
    service('secret-jwt', 'client_secret_jwt', { client_secret: secret }),
    { client_id: 'ciba', client_secret: secret, token_endpoint_auth_method: 'client_secret_basic', redirect_uris: [], response_types: [],
      grant_types: [ciba, 'refresh_token'], backchannel_token_delivery_mode: 'poll', backchannel_user_code_parameter: true },
    native('rs256', { id_token_signed_response_alg: 'RS256' }),
    native('ps256', { id_token_signed_response_alg: 'PS256' }),
    native('es256', { id_token_signed_response_alg: 'ES256' }),
    native('eddsa', { id_token_signed_response_alg: 'EdDSA' }),
    native('userinfo-signed', { userinfo_signed_response_alg: 'ES256' }),
    sealed('sealed-a128kw', 'A128KW', 'A128GCM'),
    sealed('sealed-a256kw', 'A256KW', 'A256CBC-HS512'),
    sealed('sealed-dir', 'dir', 'A128CBC-HS256'),
    sealed('sealed-dir-512', 'dir', 'A256CBC-HS512'),
    ...(jwks ? [
      service('key-jwt', 'private_key_jwt', { jwks }),
      native('jar', { jwks, require_signed_request_object: true, request_object_signing_alg: 'ES256' }),
      native('jar-encrypted', { jwks, require_signed_request_object: true, request_object_signing_alg: 'ES256',
        request_object_encryption_alg: 'ECDH-ES', request_object_encryption_enc: 'A256GCM' }),
      native('jarm-encrypted', { jwks, authorization_signed_response_alg: 'ES256', authorization_encrypted_response_alg: 'ECDH-ES',
        authorization_encrypted_response_enc: 'A256GCM' }),
      native('introspector-encrypted', { jwks, client_secret: secret, token_endpoint_auth_method: 'client_secret_basic', introspection_signed_response_alg: 'ES256',
        introspection_encrypted_response_alg: 'ECDH-ES', introspection_encrypted_response_enc: 'A256GCM' }),
      sealed('encrypted', 'ECDH-ES', 'A128CBC-HS256', { userinfo_signed_response_alg: 'RS256', userinfo_encrypted_response_alg: 'ECDH-ES', userinfo_encrypted_response_enc: 'A128CBC-HS256' }),
      sealed('sealed-ecdh-kw', 'ECDH-ES+A256KW', 'A256GCM'),
      sealed('sealed-rsa', 'RSA-OAEP', 'A128GCM'),
      sealed('sealed-rsa-256', 'RSA-OAEP-256', 'A256CBC-HS512'),
    ] : []),
    ...(certificates ? [
      service('mtls-ca', 'tls_client_auth', { tls_client_auth_subject_dn: 'CN=fob-e2e-client', tls_client_certificate_bound_access_tokens: true }),
      native('mtls-public', { tls_client_certificate_bound_access_tokens: true }),
      ...(jwks ? [service('mtls-self', 'self_signed_tls_client_auth', { jwks, tls_client_certificate_bound_access_tokens: true })] : []),
    ] : []),
  ];
}
