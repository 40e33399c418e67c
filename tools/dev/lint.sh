#!/usr/bin/env bash
# ./dev lint [FILE...]: the house rules, the format, and clang-tidy over the files that differ from
# main (or are named), because over all of them it takes minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python3 tools/tidy.py
find src -name '*.[hc]pp' -print0 | xargs -0 clang-format-19 --dry-run -Werror
if [ $# -gt 0 ]; then
    files=("$@")
else
    base=$(git merge-base HEAD main 2>/dev/null || git merge-base HEAD origin/main 2>/dev/null || echo HEAD)
    mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cpp'; git ls-files -o --exclude-standard 'src/*.cpp')
fi
[ ${#files[@]} -gt 0 ] || { echo "lint: no source differs from main"; exit 0; }
[ -f build/dev/compile_commands.json ] || ./dev build dev
clang-tidy-19 --quiet -p build/dev "${files[@]}"
