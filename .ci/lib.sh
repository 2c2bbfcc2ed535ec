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
