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

parts="tidy format build unit web blackbox journeys"
results=$root/build/test

part_tidy() { python3 tools/tidy.py && python3 tools/tidy_test.py && python3 tools/guide_test.py; }

part_format() { find src -name '*.[hc]pp' -print0 | xargs -0 clang-format-19 --dry-run -Werror; }

part_build() { build dev && build release; }

part_unit() { build/dev/acme-tests --gtest_brief=1 --gtest_output="xml:$results/unit.xml"; }

part_web() {
    [ -f web/package.json ] || return 0
    cd web
    npm test --silent -- --reporter=default --reporter=junit --outputFile.junit="$results/web.xml"
}

part_blackbox() {
    [ -n "$(find tests -name 'test_*.py' -print -quit)" ] || return 0
    local selection=()
    [ "$full" = yes ] || selection=(-m "not full")
    python3 -m pytest tests -q -rfEs --tb=short -p no:cacheprovider "${selection[@]}" \
        --junitxml="$results/blackbox.xml"
}

# Each journey runs as a user would: a shell script that ends with an error when something is amiss.
part_journeys() {
    local script begun state=0
    for script in tests/journeys/*.sh; do
        [ -e "$script" ] || continue
        begun=$(date +%s.%N)
        local failure=""
        bash "$script" || { failure="exit code $?"; state=1; }
        python3 tools/dev/summary.py --write "$results/journeys-$(basename "$script" .sh).xml" \
            "$script" "$begun" "$failure"
    done
    return $state
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
        --list) echo "$parts"; exit 0 ;;
        *) die "test takes --only PART, --full and --list; parts: $parts" ;;
    esac
    shift
done
for part in $only; do
    case " $parts " in *" $part "*) ;; *) die "there is no part '$part': $parts" ;; esac
done

rm -rf "$results"
mkdir -p "$results"
setup --test
for part in ${only:-$parts}; do run_part "$part"; done
exec python3 tools/dev/summary.py "$results"
