#!/usr/bin/env bash
# ./dev test [--only PART]... [--full] [--list]
#
# Runs the parts below one after the other, each whatever the one before did, and prints one summary
# of them all. A part writes JUnit XML into build/test/<part>*.xml where its runner can; one that
# does not counts as one test. To add a part: a function part_NAME here, and its name in `parts`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
export PATH="$root/.acme/tools/node/node_modules/node/bin:$root/.acme/tools/versitygw@1.8.0:$PATH:/usr/sbin:/sbin"

say() { printf '%s\n' "$*" >&2; }
die() { say "dev: $*"; exit 1; }
# shellcheck source=tools/dev/setup.sh
. tools/dev/setup.sh
# shellcheck source=tools/dev/build.sh
. tools/dev/build.sh

parts="tidy format build unit fuzz web blackbox journeys"
parts_full="races room"  # run by --full, or by name: what takes a build of its own
results=$root/build/test

part_tidy() {
    python3 tools/tidy.py && python3 tools/tidy_test.py && python3 tools/guide_test.py && python3 tools/new_room_test.py
}

part_format() { find src -name '*.[hc]pp' -print0 | xargs -0 clang-format-19 --dry-run -Werror; }

# Benchmarks are built too: nobody else would notice that one no longer fits.
part_build() { build dev && build release acme acme-bench acme-bench-tokens acme-bench-jobs acme-bench-flags acme-bench-deploy; }

# Four processes side by side, each with a PostgreSQL and a folder of its own: most of the time is
# waiting.
part_unit() {
    local shard place state=0 running=() places=()
    for shard in 0 1 2 3; do
        place=$(mktemp -d /tmp/acme-unit-XXXXXX)
        places+=("$place")
        chmod 755 "$place"
        TMPDIR=$place GTEST_TOTAL_SHARDS=4 GTEST_SHARD_INDEX=$shard \
            build/dev/acme-tests --gtest_brief=1 --gtest_output="xml:$results/unit-$shard.xml" &
        running+=($!)
    done
    for shard in "${running[@]}"; do wait "$shard" || state=1; done
    rm -rf "${places[@]}"
    return $state
}

# The loops of one process share metrics, logs and snapshots, and each hands work to a thread beside
# it: ThreadSanitizer watches the tests do so.
part_races() {
    build tsan
    local options="die_after_fork=0 exitcode=66 external_symbolizer_path=$(command -v addr2line)"
    TSAN_OPTIONS=$options build/tsan/acme-tests --gtest_brief=1 --gtest_output="xml:$results/races.xml"
}

part_room() { python3 tools/new_room_test.py --build; }

# Long enough to fail for what was found before; ./dev fuzz looks for more.
part_fuzz() { tools/dev/fuzz.sh 5; }

part_web() {
    [ -f web/package.json ] || return 0
    cd web
    npm test --silent -- --reporter=default --reporter=junit --outputFile.junit="$results/web.xml"
    npm run --silent check:size
}

# Most of a test is waiting, so files of tests run side by side; what wants the machine for itself
# comes after. The Python is Debian's, whose packages setup installs.
part_blackbox() {
    local state=0 which=""
    [ "$full" = yes ] || which="not full and"
    black_box "$which not alone" "$results/blackbox.xml" -n 6 --dist loadfile || state=1
    black_box "$which alone" "$results/blackbox-alone.xml" || state=1
    return $state
}

black_box() { # MARKS FILE [OPTION...]
    local marks=$1 file=$2
    shift 2
    /usr/bin/python3 -m pytest tests -q -rfEs --tb=short -p no:cacheprovider -m "$marks" --junitxml="$file" "$@"
}

# Each journey runs as a user would: a shell script that ends with an error when something is amiss.
# They run side by side, each in a folder of its own, and what each said is shown as a whole.
part_journeys() {
    local script name state=0
    declare -A running=()
    for script in tests/journeys/*.sh; do
        [ -e "$script" ] || continue
        name=$(basename "$script" .sh)
        one_journey "$script" "$name" >"$results/journeys-$name.log" 2>&1 &
        running[$name]=$!
    done
    for name in "${!running[@]}"; do
        wait "${running[$name]}" || state=1
        cat "$results/journeys-$name.log"
    done
    return $state
}

one_journey() { # SCRIPT NAME
    local begun failure=""
    begun=$(date +%s.%N)
    bash "$1" || failure="exit code $?"
    python3 tools/dev/summary.py --write "$results/journeys-$2.xml" "$1" "$begun" "$failure"
    [ -z "$failure" ]
}

run_part() { # in a process of its own, so that `set -e` and `cd` end with it
    local part=$1 begun failure="" log=$results/$1.log
    say "── $part"
    begun=$(date +%s.%N)
    set +e
    (set -e; "part_$part") </dev/null 2>&1 | tee "$log"
    [ "${PIPESTATUS[0]}" = 0 ] || failure="see above"
    set -e
    # A part that fails although each of its tests passed has failed all the same.
    python3 tools/dev/summary.py --write "$results/$part-part.xml" "$part" "$begun" "$failure" \
        "$results/$part"
}

only="" full=no
while [ $# -gt 0 ]; do
    case $1 in
        --only) only="$only ${2:?--only takes a part: $parts}"; shift ;;
        --full) full=yes ;;
        --list) echo "$parts $parts_full"; exit 0 ;;
        *) die "test takes --only PART, --full and --list; parts: $parts $parts_full" ;;
    esac
    shift
done
for part in $only; do
    case " $parts $parts_full " in
        *" $part "*) ;;
        *) die "there is no part '$part': $parts $parts_full" ;;
    esac
done

rm -rf "$results"
mkdir -p "$results"
setup --test
[ "$full" = no ] || parts="$parts $parts_full"
for part in ${only:-$parts}; do run_part "$part"; done
exec python3 tools/dev/summary.py "$results"
