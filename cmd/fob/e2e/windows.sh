#!/bin/sh
# Builds the tests for Windows and runs them under wine, as far as wine can stand for Windows. What is left out is listed
# with its reason at the end. Arguments name packages; without any, all are run.
#
# It installs wine and mingw-w64 from Debian's packages where they are missing: about 700 MB.
set -u
root=$(cd "$(dirname "$0")/../../.." && pwd)
cd "$root" || exit 1
out=${FOB_WINDOWS_DIR:-$root/dist/windows}
per_package=${FOB_WINDOWS_TIMEOUT:-900} # seconds
export WINEPREFIX="$out/prefix" WINEDEBUG=-all GOOS=windows GOARCH=amd64 CGO_ENABLED=0
mkdir -p "$out"

have() { command -v "$1" >/dev/null 2>&1; }

if ! have wine || ! have x86_64-w64-mingw32-gcc || ! have tmux; then
  if ! have apt-get; then
    echo "windows: wine, x86_64-w64-mingw32-gcc and tmux are needed, and there is no apt-get to install them" >&2
    exit 1
  fi
  as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  echo "windows: installing wine and mingw-w64 from Debian's packages, about 700 MB"
  $as_root apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends wine wine64 gcc-mingw-w64-x86-64 tmux >/dev/null ||
    exit 1
fi

# Go takes random numbers from bcryptprimitives.dll, which wine has from version 9 on.
if [ ! -f "$WINEPREFIX/system.reg" ]; then
  timeout 120 wine wineboot -i >/dev/null 2>&1
fi
system="$WINEPREFIX/drive_c/windows/system32"
if [ ! -f "$system/bcryptprimitives.dll" ]; then
  x86_64-w64-mingw32-gcc -shared -O2 -o "$system/bcryptprimitives.dll" cmd/fob/e2e/windows/bcryptprimitives.c -ladvapi32 || exit 1
fi
# wine cannot delete an open file as Go's os.RemoveAll asks it to, and answers so that Go does not try another way.
windows_go=$(go env GOROOT)/src/internal/syscall/windows/at_windows.go
sed 's/^var TestDeleteatFallback bool$/var TestDeleteatFallback = true/' "$windows_go" > "$out/at_windows.overlay"
printf '{"Replace":{"%s":"%s"}}\n' "$windows_go" "$out/at_windows.overlay" > "$out/overlay.json"

# left_out FOLDER LOG lists the tests that were skipped. A test's reason is the last thing that it says; its line of the
# end comes later, a subtest's after its parent's.
left_out() {
  awk -v folder="$1" '
    /^=== (RUN|NAME|CONT)/ { name = $3; next }
    /^ *[A-Za-z0-9_]+_test\.go:[0-9]+: / { sub(/^ *[^ ]*: (LEFT OUT: )?/, ""); said[name] = $0; next }
    /^ *--- SKIP: / { print folder ": " $3 ": " said[$3] }' "$2" >> "$skipped"
}

failed="" skipped="$out/skipped"
echo "cmd/fob/e2e: all but the workbench in tmux: the browser, the keyring and the providers are Debian's" > "$skipped"
for package in ${*:-$(GOOS= GOARCH= go list ./...)}; do
  folder=${package#fob/}
  folder=${folder#./}
  name=$(echo "$folder" | tr / -)
  [ -n "$(cd "$folder" && GOOS=windows go list -f '{{.TestGoFiles}}{{.XTestGoFiles}}' . | tr -d '[]')" ] || continue
  log="$out/$name.log" begun=$(date +%s)
  if ! go test -c -overlay "$out/overlay.json" -o "$out/$name.test.exe" "./$folder"; then
    failed="$failed $folder"
    continue
  fi
  (cd "$folder" && timeout "$per_package" wine "$out/$name.test.exe" -test.v -test.timeout "$((per_package - 20))s") > "$log" 2>&1
  code=$?
  left_out "$folder" "$log"
  for file in $(cd "$folder" && go list -f '{{join .IgnoredGoFiles " "}}' .); do
    if grep -q '^func \(Test\|Benchmark\|Fuzz\)' "$folder/$file"; then
      reason=$(sed -n 's,^// LEFT OUT elsewhere: \(.*\)\.$,\1,p' "$folder/$file")
      echo "$folder: all of $file: ${reason:-$(head -1 "$folder/$file")}" >> "$skipped"
    fi
  done
  if [ "$code" = 0 ]; then
    echo "ok    $folder ($(($(date +%s) - begun)) s)"
  else
    failed="$failed $folder"
    echo "FAIL  $folder (exit $code; all of it in $log)"
    grep -v -e '--- PASS' -e '^=== ' "$log" | grep -B8 -A2 -e '--- FAIL' -e '^panic:' | head -80
  fi
done

if [ $# = 0 ]; then
  go build -o "$out/fob.exe" ./cmd/fob || exit 1
  if env -u GOOS -u GOARCH -u CGO_ENABLED FOB_WINDOWS_DIR="$out" go test -v -tags e2e -count=1 -timeout 5m -run '^TestWindows' ./cmd/fob/e2e > "$out/tmux.log" 2>&1; then
    echo "ok    the workbench in tmux"
  else
    failed="$failed the-workbench-in-tmux"
    tail -60 "$out/tmux.log"
  fi
  left_out cmd/fob/e2e "$out/tmux.log"
fi
WINEPREFIX="$out/prefix" timeout 30 wineserver -k >/dev/null 2>&1

if [ -s "$skipped" ]; then
  echo "windows: LEFT OUT:"
  cat "$skipped"
fi
if [ -n "$failed" ]; then
  echo "windows: FAILED:$failed" >&2
  exit 1
fi
echo "windows: all passed"
