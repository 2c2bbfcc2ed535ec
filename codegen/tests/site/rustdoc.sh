#!/usr/bin/env bash
# Checks that each link from the website to docs.rs leads to a page and an anchor of the rustdoc in a folder, by default
# target/doc, which has to be built before with the features that docs.rs builds.
set -euo pipefail
cd "$(dirname "$0")/../../.."
doc=${1:-target/doc}
site=target/site-links

cargo codegen site --readable --out "$site" >/dev/null
base=https://docs.rs/mastodon-sdk/latest/
links=$(grep -rhoE "\"${base}[^\"]+" "$site" --include='*.html' | sed "s|^\"$base||" | sort -u)

# Anchors as `page#anchor`, of the pages that are linked with one.
anchors=$(sed -n 's/#.*//p' <<<"$links" | sort -u | while read -r page; do
  [ ! -f "$doc/$page" ] || grep -oE 'id="[^"]+"' "$doc/$page" | sed "s|^id=\"\(.*\)\"$|$page#\1|"
done | sort -u)

missing=$(
  comm -23 <(grep '#' <<<"$links") <(printf '%s\n' "$anchors")
  grep -v '#' <<<"$links" | while read -r page; do [ -f "$doc/$page" ] || printf '%s\n' "$page"; done
)
if [ -n "$missing" ]; then
  printf 'the website links to docs.rs, but the rustdoc in %s lacks:\n%s\n' "$doc" "$missing" >&2
  exit 1
fi
printf '%s links of the website to docs.rs are in %s\n' "$(wc -l <<<"$links")" "$doc"
