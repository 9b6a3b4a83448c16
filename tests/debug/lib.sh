# What the debugger's suites share. Sourced; the caller sets $out and $log.
passed=0
failed=0

# A host that does other things makes gdb slow; that is no verdict.
limit=3600

result() {
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "FAILED $1"; fi
}

# shows WHAT SECTION PATTERN: a line of that section of the session matches.
shows() {
    sed -n "/^== $2$/,/^== /p" "$log" | grep -qE "$3"
    result "$1" $?
}

# debug MANIFEST OPTIONS...: as `make debug` does, under one folder of evidence.
debug() { artifacts/bin/lachesis debug "$1" --cpus 2 --timeout $limit --out "$out" "${@:2}"; }

# Every QEMU of these suites has a file of its evidence folder among its arguments.
no_qemu() {
    ! pgrep -f "path=$out/debug/.*report.bin" >/dev/null
    result "$1" $?
}

finish() {
    [ "$failed" -eq 0 ] || tail -n 60 "$log"
    echo "$passed passed, $failed failed, 0 skipped"
    [ "$failed" -eq 0 ]
}
