#!/usr/bin/env bash
# A harness that has never failed proves nothing: builds a scratch copy of the server with each planted fault, and the
# crash harness must find it. Usage: testkit/planted/bite.sh [KILLS]
set -euo pipefail
cd "$(dirname "$0")/../.."

kills=${1:-30}
scratch=target/planted
cargo build --release --quiet --package switchback-testkit --bin crash
for patch in testkit/planted/*.patch; do
  name=$(basename "$patch" .patch)
  rm -rf "$scratch/$name"
  mkdir -p "$scratch/$name"
  git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --create --file=- | tar --extract --touch --directory "$scratch/$name"
  patch --quiet --strip=1 --directory "$scratch/$name" <"$patch"
  CARGO_TARGET_DIR=$PWD/$scratch/target cargo build --release --quiet --manifest-path "$scratch/$name/Cargo.toml" --package switchback-node
  cp "$scratch/target/release/switchback" "$scratch/$name/switchback"
  echo "== $name: $(sed -n 's/^# //p' "$patch" | tr '\n' ' ')"
  target/release/crash --kills "$kills" --server "$scratch/$name/switchback" --expect-violation
done
