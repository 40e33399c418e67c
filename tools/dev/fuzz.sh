#!/usr/bin/env bash
# ./dev fuzz [SECONDS]: runs each fuzzer for so long, beginning with tests/corpus/<fuzzer> and what it
# learned before; what it found is kept in build/fuzz/found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

seconds=${1:-30}
[[ $seconds =~ ^[0-9]+$ ]] || { echo "dev: fuzz takes seconds" >&2; exit 2; }
./dev build fuzz
mkdir -p build/fuzz/found
mapfile -t fuzzers < <(find build/fuzz -maxdepth 1 -type f -executable -name 'fuzz-*' | sort)
[ ${#fuzzers[@]} -gt 0 ] || { echo "dev: no fuzzer was built" >&2; exit 1; }

fuzz_one() { # FUZZER: what it says comes when it has ended, for others run beside it
    local name said state=0
    name=$(basename "$1")
    mkdir -p "build/fuzz/corpus/$name"
    said=$("$1" -max_total_time="$seconds" -artifact_prefix="build/fuzz/found/$name-" -print_final_stats=1 \
        -verbosity=0 "build/fuzz/corpus/$name" "tests/corpus/$name" 2>&1) || state=1
    printf '── %s\n%s\n' "$name" "$said"
    return $state
}
export -f fuzz_one
export seconds
printf '%s\0' "${fuzzers[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'fuzz_one "$1"' fuzz
