#!/bin/sh
# Installs what the tests against real parts need, says what it did, and lists what it could not install in
# $FOB_E2E_MISSING (default: beside the node packages). Under CI=true anything missing is a failure.
set -u
here=$(cd "$(dirname "$0")" && pwd)
missing_file=${FOB_E2E_MISSING:-$here/node/node_modules/.fob-missing}
did=""

have() {
  case "$1" in
  python3-cryptography) python3 -c 'import cryptography' >/dev/null 2>&1 ;;
  *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# tool:package
tools="cc:gcc tmux:tmux dbus-daemon:dbus gnome-keyring-daemon:gnome-keyring chromium:chromium node:nodejs npm:npm"
# What the cases need that FOB_CASES names: they are small scripts.
[ -z "${FOB_CASES:-}" ] || tools="$tools python3:python3 python3-cryptography:python3-cryptography curl:curl openssl:openssl"
wanted=""
for pair in $tools; do have "${pair%%:*}" || wanted="$wanted ${pair##*:}"; done

extra=""
case "$wanted" in *gcc*) extra="libc6-dev" ;; esac

if [ -n "$wanted" ]; then
  if have apt-get; then
    root=""
    [ "$(id -u)" = 0 ] || root=sudo
    echo "setup: installing Debian packages:$wanted"
    # shellcheck disable=SC2086
    if $root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $wanted $extra >/dev/null; then
      did="$did Debian packages:$wanted."
    else
      echo "setup: apt-get failed; what is still missing is listed below" >&2
    fi
  else
    echo "setup: no apt-get here, so these are not installed:$wanted" >&2
  fi
fi

if have npm; then
  if ! cmp -s "$here/node/package-lock.json" "$here/node/node_modules/.fob-lock" 2>/dev/null; then
    echo "setup: installing npm packages at their locked versions"
    if (cd "$here/node" && npm ci --silent --no-audit --no-fund); then
      cp "$here/node/package-lock.json" "$here/node/node_modules/.fob-lock"
      did="$did npm packages."
    else
      echo "setup: npm ci failed" >&2
    fi
  fi
fi

missing=""
for pair in $tools; do have "${pair%%:*}" || missing="$missing ${pair%%:*}"; done
[ -f "$here/node/node_modules/.fob-lock" ] || missing="$missing npm-packages"
mkdir -p "$(dirname "$missing_file")"
echo "$missing" | tr -s ' ' '\n' | sed '/^$/d' > "$missing_file"

echo "setup: done.${did:- Nothing had to be installed.}"
if [ -s "$missing_file" ]; then
  echo "setup: LEFT OUT, since this is missing here: $(tr '\n' ' ' < "$missing_file")" >&2
  [ "${CI:-}" != true ] || { echo "setup: under CI=true nothing may be left out" >&2; exit 1; }
fi
exit 0
