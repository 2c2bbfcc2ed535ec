#!/usr/bin/env bash
# Build time of a program that uses the SDK with its default features, beside the same program without the feature
# `streaming`, with reqwest alone and the same TLS, and with other libraries for Mastodon. All are clean debug builds; the
# programs take turns, so that load of the machine affects all alike. Prints one table, whose ratios are relative to reqwest
# alone:
#
#     wall, CPU   seconds of a clean build, the median and the best of the runs
#     memory      peak memory of the largest process: of a compiler or the linker
#     rebuild     seconds of `cargo build` after a change of main.rs
#     check       seconds of `cargo check` after a change of main.rs
#     size        of the program, built with `--release` and stripped (with --size)
#
# Below the table is the time of the crate mastodon-sdk alone, with and without `streaming`.
#
# Usage:
#
#     benches/build_time.sh [--no-peers] [--size] [RUNS]
#
# The target folder of this workspace is not used. Peak memory requires GNU time (Debian's package `time`).
set -euo pipefail

runs=3
with_peers=true
with_size=false
for argument in "$@"; do
  case $argument in
    --no-peers) with_peers=false ;;
    --size) with_size=true ;;
    [1-9]*) runs=$argument ;;
    *)
      sed -n '/^# Usage/,/^# The target/p' "$0" | sed '$d; s/^# \{0,1\}//' >&2
      exit 2
      ;;
  esac
done
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CARGO_TARGET_DIR

gnu_time=$(type -P gtime || type -P time || true)
"${gnu_time:-false}" -f '%M' true >/dev/null 2>&1 || gnu_time=
[ -n "$gnu_time" ] || echo 'Peak memory is not measured: it requires GNU time.' >&2

programs=()

# Adds a program, if its dependencies can be fetched: its name, its dependencies, and its main.rs, on standard input.
program() {
  local folder="$work/$1"
  mkdir -p "$folder/src"
  cat >"$folder/src/main.rs"
  cat >"$folder/Cargo.toml" <<TOML
[package]
name = "program"
version = "0.0.0"
edition = "2024"

[workspace]

[profile.dev]
debug = "line-tables-only"

# Cargo compiles path dependencies incrementally, but not crates from a registry. The SDK is measured like those.
[profile.dev.package."*"]
incremental = false

[profile.release]
strip = true

[dependencies]
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
$2
TOML
  # The versions of the workspace, where it has the crate.
  cp "$root/Cargo.lock" "$folder/"
  if cargo fetch --quiet --manifest-path "$folder/Cargo.toml"; then
    programs+=("$1")
  else
    echo "$1 is not measured: its dependencies cannot be fetched." >&2
  fi
}

program reqwest 'reqwest = { version = "0.13", default-features = false, features = ["gzip", "http2", "rustls-no-provider"] }
rustls = { version = "0.23", default-features = false, features = ["ring", "std", "tls12", "logging"] }
rustls-platform-verifier = "0.7"
serde = { version = "1", features = ["derive"] }
serde_json = "1"' <<'RUST'
const ROUND: u32 = 0;
#[derive(serde::Deserialize)]
struct Status {
    content: String,
}
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    rustls::crypto::ring::default_provider().install_default().ok();
    let url = "https://mastodon.social/api/v1/timelines/home?limit=40";
    let request = reqwest::Client::new().get(url).bearer_auth("…");
    let body = request.send().await?.bytes().await?;
    for status in serde_json::from_slice::<Vec<Status>>(&body)? {
        println!("{ROUND}: {}", status.content);
    }
    Ok(())
}
RUST

sdk_program() { # name, features
  program "$1" "mastodon-sdk = { path = \"$root\"$2 }" <<'RUST'
const ROUND: u32 = 0;
use mastodon_sdk::Mastodon;
#[tokio::main]
async fn main() -> Result<(), mastodon_sdk::Error> {
    let mastodon = Mastodon::builder("mastodon.social").access_token("…").build()?;
    for status in mastodon.timeline_home().limit(40).await? {
        println!("{ROUND}: {}", status.content);
    }
    Ok(())
}
RUST
}
sdk_program mastodon-sdk ''
sdk_program sdk-without-streaming ', default-features = false, features = ["rustls"]'
if $with_peers; then
  # The others always have a WebSocket, and megalodon has Web Push subscriptions.
  sdk_program sdk+websocket+push ', features = ["push", "websocket"]'
  program mastodon-async 'mastodon-async = { version = "1.3.2", default-features = false, features = ["rustls-tls"] }' <<'RUST'
const ROUND: u32 = 0;
use mastodon_async::{Data, Mastodon};
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mastodon = Mastodon::from(Data {
        base: "https://mastodon.social".into(),
        token: "…".into(),
        ..Data::default()
    });
    for status in mastodon.get_home_timeline().await?.initial_items {
        println!("{ROUND}: {}", status.content);
    }
    Ok(())
}
RUST
  program megalodon 'megalodon = "1.3"' <<'RUST'
const ROUND: u32 = 0;
use megalodon::{SNS, generator};
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = "https://mastodon.social".to_owned();
    let client = generator(SNS::Mastodon, url, Some("…".to_owned()), None)?;
    for status in client.get_home_timeline(None).await?.json() {
        println!("{ROUND}: {}", status.content);
    }
    Ok(())
}
RUST
fi

# Runs a command of Cargo on a program. Appends "wall CPU" in seconds to the file FILE.
measure() { # FILE, program, command, arguments…
  local file=$1 manifest="$work/$2/Cargo.toml" command=$3
  shift 3
  local run=(cargo "$command" --quiet --offline --manifest-path "$manifest" "$@") times wall user system
  [ -z "$gnu_time" ] || run=("$gnu_time" -f %M -a -o "$file.memory" "${run[@]}")
  TIMEFORMAT='%3R %3U %3S'
  { time "${run[@]}" 2>"$work/log" 1>&2; } 2>"$work/times" || {
    cat "$work/log" >&2
    exit 1
  }
  times=$(tail -1 "$work/times")
  read -r wall user system <<<"${times//,/.}"
  awk -v wall="$wall" -v user="$user" -v kernel="$system" 'BEGIN { print wall, user + kernel }' >>"$file"
}

# Changes what a program prints.
change() { # program, number
  sed -i.bak "s/^const ROUND: u32 = .*/const ROUND: u32 = $2;/" "$work/$1/src/main.rs"
}

for run in $(seq "$runs"); do
  for program in "${programs[@]}"; do
    rm -rf "$work/$program/target"
    measure "$work/$program.clean" "$program" build
    echo "run $run of $runs: $program: $(tail -1 "$work/$program.clean") s (wall, CPU)" >&2
  done
done
for program in "${programs[@]}"; do
  cargo check --quiet --offline --manifest-path "$work/$program/Cargo.toml"
done
for run in $(seq "$runs"); do
  for program in "${programs[@]}"; do
    change "$program" "$((2 * run))"
    measure "$work/$program.rebuild" "$program" build
    change "$program" "$((2 * run + 1))"
    measure "$work/$program.check" "$program" check
  done
done

# Own crate of the SDK, after its dependencies, mastodon-types among them.
for run in $(seq "$runs"); do
  for program in mastodon-sdk sdk-without-streaming; do
    cargo clean --quiet --offline --manifest-path "$work/$program/Cargo.toml" --package mastodon-sdk
    measure "$work/$program.own" "$program" rustc --package mastodon-sdk --lib
  done
done

median() { # file, column
  cut -d ' ' -f "$2" "$1" | sort -n | awk '{ values[NR] = $1 } END { print values[int((NR + 1) / 2)] }'
}
best() { # file, column
  cut -d ' ' -f "$2" "$1" | sort -n | head -1
}
ratio() { # value, function, column
  awk -v value="$1" -v reference="$("$2" "$work/reqwest.clean" "$3")" 'BEGIN { printf "%.2f", value / reference }'
}
crates() {
  cargo tree --offline --quiet --manifest-path "$work/$1/Cargo.toml" --prefix none --edges normal,build |
    sed 's/ (\*)$//; /^program /d' | sort -u | wc -l
}

printf '\n%d runs, %s cores, load %s, %s\n\n' "$runs" "$(getconf _NPROCESSORS_ONLN)" \
  "$(uptime | sed 's/.*load average[s]*: //')" "$(rustc --version)"
header='%-21s %6s  %14s %11s  %14s %11s  %6s  %7s  %5s'
# shellcheck disable=SC2059
printf "$header\n" program crates 'wall (best)' '× reqwest' 'CPU (best)' '× reqwest' memory rebuild check
for program in "${programs[@]}"; do
  clean=$work/$program.clean
  row=("$program" "$(crates "$program")")
  for column in 1 2; do
    median=$(median "$clean" $column)
    best=$(best "$clean" $column)
    row+=("$(printf '%.1f (%.1f)' "$median" "$best")")
    row+=("$(ratio "$median" median $column) ($(ratio "$best" best $column))")
  done
  if [ -n "$gnu_time" ]; then
    row+=("$(sort -n "$clean.memory" | tail -1 | awk '{ printf "%d MB", $1 / 1024 }')")
  else
    row+=(-)
  fi
  row+=("$(median "$work/$program.rebuild" 1)" "$(median "$work/$program.check" 1)")
  # shellcheck disable=SC2059
  printf "$header\n" "${row[@]}"
done
printf '\nThe crate mastodon-sdk alone, after its dependencies:\n'
for program in mastodon-sdk sdk-without-streaming; do
  printf '%-21s %s s wall, %s s CPU\n' "$program" "$(median "$work/$program.own" 1)" "$(median "$work/$program.own" 2)"
done

if $with_size; then
  printf '\nStripped release builds:\n'
  for program in "${programs[@]}"; do
    cargo build --quiet --offline --release --manifest-path "$work/$program/Cargo.toml"
    size=$(wc -c <"$work/$program/target/release/program")
    awk -v name="$program" -v size="$size" 'BEGIN { printf "%-21s %6.2f MB\n", name, size / 1e6 }'
  done
fi
