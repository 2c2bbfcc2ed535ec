#!/usr/bin/env bash
# Tests the website: the HTML with a validator, the search with Node.js, the pages in Chromium. Installs missing packages as
# root on Debian. An argument selects the tests in Chromium whose names contain it. Prints the number of passed and failed
# tests, or why they were skipped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
work=$root/target/site-test

skip() {
  echo "skipped: $1"
  echo "0 passed, 0 failed"
  exit 0
}

find_browser() {
  command -v chromium || command -v chromium-browser || command -v google-chrome || true
}

missing=()
[ -n "$(find_browser)" ] || missing+=(chromium)
command -v npm >/dev/null || missing+=(nodejs npm)
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || skip "${missing[*]} must be installed"
  apt-get update -qq >/dev/null 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    skip "${missing[*]} cannot be installed"
fi
SITE_BROWSER=$(find_browser)
[ -n "$SITE_BROWSER" ] || skip "chromium is missing"

mkdir -p "$work"
cp "$here"/package.json "$here"/package-lock.json "$here"/.htmlvalidate.json "$here"/*.mjs "$work"
if ! cmp -s "$here/package-lock.json" "$work/installed.json"; then
  (cd "$work" && npm ci --silent --no-audit --no-fund) || skip "playwright-core, axe-core and html-validate cannot be installed"
  cp "$here/package-lock.json" "$work/installed.json"
fi

cd "$root"
cargo codegen site --out "$work/site"
# The validator does not know which end tags HTML implies.
cargo codegen site --readable --out "$work/readable"
cargo codegen since 4.5 --to 4.6.0 --json >"$work/since.json"
export SITE_BROWSER
cd "$work"
node_modules/.bin/html-validate --config .htmlvalidate.json 'readable/**/*.html'
node --test --test-reporter=spec ranking.mjs
exec node browser.mjs "$@"
