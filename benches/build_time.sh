#!/usr/bin/env bash
# Build time that the SDK adds to a program: a clean debug build of a program that uses the SDK with its default
# features, compared with the same program with reqwest alone and the same TLS. The target folder of this workspace
# is not used.
#
#     benches/build_time.sh [RUNS]
set -euo pipefail
runs=${1:-3}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

program() { # name, dependencies, main
  mkdir -p "$work/$1/src"
  cp "$root/Cargo.lock" "$work/$1/"
  printf '[package]\nname = "%s"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[profile.dev]\ndebug = "line-tables-only"\n[dependencies]\ntokio = { version = "1", features = ["macros", "rt-multi-thread"] }\n%s\n' "$1" "$2" >"$work/$1/Cargo.toml"
  printf '%s\n' "$3" >"$work/$1/src/main.rs"
  cargo fetch --quiet --manifest-path "$work/$1/Cargo.toml"
}

program with_sdk "mastodon-sdk = { path = \"$root\" }" '
use mastodon_sdk::Mastodon;
#[tokio::main]
async fn main() -> Result<(), mastodon_sdk::Error> {
    let mastodon = Mastodon::builder("mastodon.social").access_token("…").build()?;
    for status in mastodon.timeline_home().limit(40).await? {
        println!("{}", status.content);
    }
    Ok(())
}'
program bare_reqwest 'reqwest = { version = "0.13", default-features = false, features = ["gzip", "http2", "rustls-no-provider"] }
rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12", "logging"] }
rustls-platform-verifier = "0.7"
serde = { version = "1", features = ["derive"] }
serde_json = "1"' '
#[derive(serde::Deserialize)]
struct Status {
    content: String,
}
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    rustls::crypto::ring::default_provider().install_default().ok();
    let body = reqwest::get("https://mastodon.social/api/v1/timelines/public").await?.bytes().await?;
    for status in serde_json::from_slice::<Vec<Status>>(&body)? {
        println!("{}", status.content);
    }
    Ok(())
}'

# Cargo compiles path dependencies incrementally, but not crates from a registry. The SDK is measured like those.
printf '[profile.dev.package.%s]\nincremental = false\n' mastodon-sdk mastodon-types >>"$work/with_sdk/Cargo.toml"

milliseconds() { # command…
  local start end
  start=$(date +%s%N)
  "$@"
  end=$(date +%s%N)
  echo $(((end - start) / 1000000))
}

best() { # name: duration of the fastest clean build
  local fastest='' duration
  for _ in $(seq "$runs"); do
    rm -rf "$work/$1/target"
    duration=$(milliseconds cargo build --quiet --offline --manifest-path "$work/$1/Cargo.toml")
    if [ -z "$fastest" ] || [ "$duration" -lt "$fastest" ]; then fastest=$duration; fi
  done
  echo "$fastest"
}

crates() {
  cargo tree --offline --quiet --manifest-path "$work/$1/Cargo.toml" --prefix none --edges normal,build | sed 's/ (\*)$//' | sort -u | wc -l
}

bare=$(best bare_reqwest)
sdk=$(best with_sdk)
# mastodon-sdk alone, after its dependencies, mastodon-types among them.
cargo clean --quiet --offline --manifest-path "$work/with_sdk/Cargo.toml" --package mastodon-sdk
own=$(milliseconds cargo rustc --quiet --offline --manifest-path "$work/with_sdk/Cargo.toml" --package mastodon-sdk --lib)
cargo build --quiet --offline --manifest-path "$work/with_sdk/Cargo.toml"
sed -i.bak 's/content)/content.len())/' "$work/with_sdk/src/main.rs"
rebuild=$(milliseconds cargo build --quiet --offline --manifest-path "$work/with_sdk/Cargo.toml")

printf 'bare reqwest   %6d ms, %d crates\n' "$bare" "$(crates bare_reqwest)"
printf 'with the SDK   %6d ms, %d crates\n' "$sdk" "$(crates with_sdk)"
printf 'ratio          %6d %%\n' $((sdk * 100 / bare))
printf 'mastodon-sdk   %6d ms alone, after its dependencies\n' "$own"
printf 'rebuild        %6d ms\n' "$rebuild"
