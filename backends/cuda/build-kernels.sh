#!/usr/bin/env bash
# Makes the PTX of the kernels: common.ptx, and a file for each type of weights. Its version is lowered to that of CUDA 11.0, which knows
# all that is used: drivers older than the compiler read it then.
# Names of what is static hold a digest of the folder: it is taken out, so that every folder gives the same text.
# With "cubins" it makes machine code for certain devices instead, which saves the driver's compiling at the first start: FOLDER/80 and so on.
# usage: build-kernels.sh [FOLDER]
#        build-kernels.sh cubins [FOLDER]
set -euo pipefail
cd "$(dirname "$0")"
kind=ptx
if [ "${1:-}" = cubins ]; then kind=cubins; shift; fi
to=${1:-src/main/resources/kernels}
mkdir -p "$to"
to=$(cd "$to" && pwd)
cd src/main/cuda
types=$(sed -n 's/^enum Type {\(.*\)};/\1/p' blocks.h | tr -d ' ' | tr ',' '\n')
one() { # name, source, defines
  local name=$1 source=$2; shift 2
  if [ $kind = ptx ]; then
    nvcc -std=c++17 -O3 "$@" -gencode arch=compute_80,code=compute_80 -ptx -o - "$source.cu" |
      sed -E "s/^\.version .*/.version 7.0/; s/_INTERNAL_[0-9a-f]{8}_[0-9]+_${source}_cu_([0-9a-f]{8})?/_INTERNAL_${source}/g" >"$to/$name.ptx"
  else
    for arch in 80 86 89; do
      mkdir -p "$to/$arch"
      nvcc -std=c++17 -O3 "$@" -gencode "arch=compute_$arch,code=sm_$arch" -cubin -o "$to/$arch/$name.cubin" "$source.cu"
    done
  fi
}
each() {
  set -euo pipefail
  case $1 in
    common) one common common ;;
    BF16 | F16 | F32) one "$1" weights "-DTYPE=$1" -DPLAIN ;;
    *) one "$1" weights "-DTYPE=$1" ;;
  esac
}
export kind to
export -f one each
# the compiler uses one processor
for name in common $types; do echo "$name"; done | xargs -P "$(nproc)" -I{} bash -c 'each {}'
