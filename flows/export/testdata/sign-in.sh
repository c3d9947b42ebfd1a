#!/bin/sh
# The requests of alice · <b>demo</b>, as curl commands.
# This script contains no secrets. Set these variables first:
#   CLIENT_SECRET
#   CODE
#   CODE_VERIFIER
#   API_KEY
#   ACCESS_TOKEN
#   DPOP_PROOF
#   REFRESH_TOKEN
#   PASSWORD
set -u

# token endpoint
curl --globoff --proto '=http,https' --include \
  --request 'POST' \
  --url 'https://as.example/token' \
  --header 'Accept: application/json' \
  --user 'app%3A1:'"$CLIENT_SECRET" \
  --data-urlencode 'grant_type=authorization_code' \
  --data-urlencode 'code='"$CODE" \
  --data-urlencode 'code_verifier='"$CODE_VERIFIER" \
  --data-urlencode 'redirect_uri=http://127.0.0.1:7777/callback' \
  --data-urlencode 'resource=https://api.example/a' \
  --data-urlencode 'resource=https://api.example/it'\''s'

# API call
curl --globoff --proto '=http,https' --include \
  --insecure \
  --proxy 'http://proxy.example:3128' \
  --request 'POST' \
  --url 'https://api.example/a?api_key='"$API_KEY"'&x=%7B1%7D' \
  --header 'Authorization: Bearer '"$ACCESS_TOKEN" \
  --header 'DPoP: '"$DPOP_PROOF" \
  --header 'Content-Type: application/json' \
  --header 'X-Empty;' \
  --data-raw '{"refresh_token": "'"$REFRESH_TOKEN"'", "password": "'"$PASSWORD"'", "it'\''s": 1}'
