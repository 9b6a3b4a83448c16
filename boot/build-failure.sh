#!/usr/bin/env bash
# build-failure.sh LOG: says why a build failed whose output is in LOG: in one line if it is the host, else what the compiler says.
log=$1
problem=$("$(dirname "$0")/host-problems.sh" "$log")
if [ -n "$problem" ]; then
    echo "build: $problem" >&2
elif grep -qE 'error|warning' "$log" 2>/dev/null; then
    grep -E 'error|warning' "$log" | sort -u >&2
elif [ -s "$log" ]; then
    cat "$log" >&2
else
    echo "build: the build ended without a word" >&2
fi
