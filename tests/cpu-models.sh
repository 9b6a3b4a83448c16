#!/usr/bin/env bash
# CPUs that lack what the kernel needs: each boot must end by naming just that. Ends with the count.
set -uo pipefail
cd "$(dirname "$0")/.."

lachesis=artifacts/bin/lachesis
out=artifacts/cpu-models
usual=${LACHESIS_QEMU:-qemu-system-x86_64}
passed=0
failed=0

# refused FEATURES OPTION...: a boot that ends with the line that the CPU lacks these.
refused() {
    local features=$1 said status=0
    shift
    said=$("$lachesis" run tests/guest/smoke/manifest.json --out $out --timeout 60 "$@" 2>&1) || status=$?
    if [ $status -eq 1 ] && [[ $said == "fail smoke: this CPU lacks $features, which the kernel needs"* ]]; then
        echo "named: $features ($*)"
        passed=$((passed + 1))
    else
        echo "failed: $features ($*): status $status: $said"
        failed=$((failed + 1))
    fi
}

for feature in fpu pse tsc msr pae mce cx8 apic pge cmov fxsr sse2 ssse3 cx16 sse4.1 sse4.2 popcnt syscall nx lm; do
    refused "${feature^^}" --cpu-model "max,-$feature"
done
refused SSE --cpu-model max,-sse
refused SSE3 --cpu-model max,-sse3
refused LAHF --cpu-model max,-lahf-lm
refused "NX, LM" --cpu-model max,-lm,-nx

# Every CPU is looked at, not only the first.
mkdir -p $out
cat >$out/qemu <<END
#!/usr/bin/env bash
[ "\$1" != --version ] || exec "$usual" --version
arguments=()
while [ \$# -gt 0 ]; do
    case \$1 in
    -smp) arguments+=(-smp 1,maxcpus=2,sockets=1,cores=2,threads=1); shift 2 ;;
    *) arguments+=("\$1"); shift ;;
    esac
done
exec "$usual" "\${arguments[@]}" -device max-x86_64-cpu,socket-id=0,core-id=1,thread-id=0,nx=off
END
chmod +x $out/qemu
refused NX --cpus 2 --qemu $out/qemu

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
