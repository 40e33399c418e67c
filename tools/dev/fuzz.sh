#!/usr/bin/env bash
# ./dev fuzz [SECONDS]: runs each fuzzer for so long, beginning with tests/corpus/<fuzzer> and what it
# learned before; what it found is kept in build/fuzz/found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${1:-30}
[[ $seconds =~ ^[0-9]+$ ]] || { echo "dev: fuzz takes seconds" >&2; exit 2; }
./dev build fuzz
mkdir -p build/fuzz/found
state=0 count=0
for fuzzer in build/fuzz/fuzz-*; do
    [ -x "$fuzzer" ] && [ -f "$fuzzer" ] || continue
    name=$(basename "$fuzzer")
    corpus=build/fuzz/corpus/$name
    mkdir -p "$corpus"
    echo "── $name"
    "$fuzzer" -max_total_time="$seconds" -artifact_prefix="build/fuzz/found/$name-" -print_final_stats=1 -verbosity=0 "$corpus" "tests/corpus/$name" || state=1
    count=$((count + 1))
done
[ $count -gt 0 ] || { echo "dev: no fuzzer was built" >&2; exit 1; }
exit $state
