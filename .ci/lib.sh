# shellcheck shell=bash
# Sourced by the scripts in this folder: strict mode, the folder of the project, Rust, and what to do without a tool.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v cargo >/dev/null; then
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal
  # shellcheck disable=SC1091
  . "$HOME/.cargo/env"
fi

# The crates that are published, in the order of publication: each depends only on crates before it.
# shellcheck disable=SC2034
published=(mastodon-types mastodon-test-server mastodon-sdk)

# Prints a command and runs it.
run() {
  printf '+ %s\n' "$*"
  "$@"
}

# Reports that a check cannot be made. With CI_STRICT=1, as in the workflows, this is an error.
missing() {
  printf 'skipped: %s: %s\n' "${0##*/}" "$1"
  [ "${CI_STRICT:-0}" = 0 ]
}

# Ends the script because a tool is missing.
skip() {
  missing "$1" || exit 1
  exit 0
}

# Creates target/python, a virtual environment with the given packages. Fails if Python or a package is missing.
python_with() {
  command -v python3 >/dev/null || return 1
  [ -x target/python/bin/pip ] || python3 -m venv target/python || return 1
  target/python/bin/pip install --quiet --disable-pip-version-check "$@"
}

# The features in a Cargo.toml, without `default` and those that start with `_`.
features_of() {
  sed -n '/^\[features\]/,/^\[[^f]/p' "$1" | sed -n 's/^\([a-z][a-z0-9-]*\) = .*/\1/p' | grep -vx default
}

# Sets the option for all features in `$all_features`. On Linux, `native-tls` needs the development files of OpenSSL, which are installed as
# root on Debian. Without them it is left out.
# shellcheck disable=SC2034
set_all_features() {
  all_features=--all-features
  [ "$(uname)" = Linux ] && grep -q '^native-tls = ' Cargo.toml || return 0
  pkg-config --exists openssl 2>/dev/null && return
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get install -qq -y pkg-config libssl-dev >/dev/null 2>&1 ||
      { apt-get update -qq && apt-get install -qq -y pkg-config libssl-dev >/dev/null; } || true
    pkg-config --exists openssl 2>/dev/null && return
  fi
  missing 'the development files of OpenSSL are not installed: the feature native-tls is not built' || exit 1
  all_features=--features=$({
    features_of Cargo.toml | grep -vx native-tls | sed 's|^|mastodon-sdk/|'
    features_of types/Cargo.toml | sed 's|^|mastodon-types/|'
  } | paste -s -d , -)
}

# Starts the test server, $server, on a free port with the given options, and sets $MASTODON_URL. The end of the shell
# stops it.
# shellcheck disable=SC2120,SC2154
start_server() {
  local log
  log=$(mktemp)
  "$server" --port 0 --no-rate-limits "$@" >"$log" &
  # shellcheck disable=SC2064
  trap "kill $! 2>/dev/null || true; rm -f '$log'" EXIT
  for _ in $(seq 100); do
    MASTODON_URL=$(sed -n 's/^Listening on \([^,]*\),.*/\1/p' "$log")
    [ -n "$MASTODON_URL" ] && break
    sleep 0.05
  done
  export MASTODON_URL
}
