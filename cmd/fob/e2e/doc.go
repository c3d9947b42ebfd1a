// Package e2e drives the built program with real parts: a certified provider (oidc-provider), a real Secret Service
// (gnome-keyring), a real browser (Chromium), a real terminal (tmux) and another client library (openid-client). `make
// real` installs what is missing and runs it; it needs the build tag e2e.
package e2e
