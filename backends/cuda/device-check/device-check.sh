#!/usr/bin/env bash
# Checks the CUDA backend on a machine with an NVIDIA device and nothing else: no JDK, no registry. Needs the folder .device of
# this checkout, which prepare.sh makes where a JDK is. Prints a line a check, a table, and "N passed, M failed"; takes 10 minutes at most.
#   contract   what every backend promises, every feature against the scalar reference, states, masks, penalties
#   ahead      passes that run ahead give the same bits, whatever is asked for instead
#   types      weights of every type         kernels  all other kernels, keys and values of every kind
#   models     logits of reference models    sanitizer  memcheck and racecheck of two types of weights and all other kernels, where compute-sanitizer is
#   speed      the shapes of an 8B with weights made up there: prompts, 1, 8, 64 and 256 sequences
# With MILLRACE_CUDA_DRIVER it opens that library in place of libcuda.so.1, for example the emulated one.
# With MILLRACE_CUDA_EARLY=false kernels begin only when those in front of them have ended, for comparison.
# With MILLRACE_CUDA_AHEAD=false nothing is computed before it is asked for, for comparison.
# MILLRACE_CHECK_PATIENCE multiplies the limits of time, which are meant for a device.
# usage: device-check.sh [PART ...]
set -eu
cd "$(dirname "$0")"
while [ ! -d .device ] && [ "$PWD" != / ]; do cd ..; done
parts=${*:-contract ahead types kernels models sanitizer speed}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -c 'import sys, tarfile; tarfile.open(".device/jdk.tar.xz").extractall(sys.argv[1], filter="fully_trusted")' "$work"
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader 2>/dev/null || echo "no nvidia-smi"
java=("$work/jdk-dev/bin/java" --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector -Xmx8g -Dmillrace.cuda.device=true
  -cp ".device/lib/*")
if [ -n "${MILLRACE_CUDA_DRIVER:-}" ]; then java+=("-Dmillrace.cuda.driver=$MILLRACE_CUDA_DRIVER"); fi
if [ -n "${MILLRACE_CUDA_EARLY:-}" ]; then java+=("-Dmillrace.cuda.early=$MILLRACE_CUDA_EARLY"); fi
if [ -n "${MILLRACE_CUDA_AHEAD:-}" ]; then java+=("-Dmillrace.cuda.ahead=$MILLRACE_CUDA_AHEAD"); fi
# a module takes the driver seconds to compile: each is compiled once, whichever part needs it first, and if this is run again
export CUDA_CACHE_PATH=${CUDA_CACHE_PATH:-$PWD/.device/cache} CUDA_CACHE_MAXSIZE=${CUDA_CACHE_MAXSIZE:-1073741824}
passed=0 failed=0
one() { # name, seconds, command
  local name=$1 limit=$2 rc=0 started=$SECONDS; shift 2
  timeout $((limit * ${MILLRACE_CHECK_PATIENCE:-1})) "$@" >"$work/log" 2>&1 || rc=$?
  grep -v '^WARNING: Using incubator' "$work/log" || true
  local good bad; good=$(grep -c '^ok ' "$work/log" || true) bad=$(grep -c '^FAIL ' "$work/log" || true)
  if [ $rc -ne 0 ] && [ "$bad" = 0 ]; then bad=1; fi
  passed=$((passed + good)) failed=$((failed + bad))
  printf '%-22s %4d passed %4d failed %4d s%s\n' "$name" "$good" "$bad" $((SECONDS - started)) "$([ $rc = 124 ] && echo '  out of time')" >>"$work/table"
}
check=dev.millrace.backend.cuda.DeviceCheck
for part in $parts; do
  case $part in
    contract) one contract 100 "${java[@]}" $check contract ;;
    ahead) one ahead 30 "${java[@]}" $check ahead ;;
    types) one types 100 "${java[@]}" $check types ;;
    kernels) one kernels 60 "${java[@]}" $check kernels ;;
    models) one models 60 "${java[@]}" $check models .device ;;
    speed) one speed 150 "${java[@]}" $check speed ;;
    sanitizer)
      if command -v compute-sanitizer >/dev/null; then
        one memcheck 40 compute-sanitizer --error-exitcode 9 --tool memcheck "${java[@]}" $check few
        one racecheck 40 compute-sanitizer --error-exitcode 9 --tool racecheck "${java[@]}" $check few
      else
        echo 'sanitizer: there is no compute-sanitizer here, nothing was run' >>"$work/table"
      fi ;;
    *) echo "There is no part $part." >&2; exit 2 ;;
  esac
done
echo; cat "$work/table"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
