#!/usr/bin/env bash
# Makes the PTX of the kernels, a file for each, so that the driver compiles what a model calls and nothing else. Its version is lowered to
# that of CUDA 11.0, which knows all that is used: drivers older than the compiler read it then.
# Names of what is static hold a digest of the folder, and labels the number of the kernel: both are taken out, so that every folder gives
# the same text, and a kernel's text depends on no other one.
# With "cubins" it makes machine code of the PTX for certain devices, which saves the driver's compiling at the first start: FOLDER/80 and so on.
# usage: build-kernels.sh [FOLDER]
#        build-kernels.sh cubins [FOLDER]
set -euo pipefail
cd "$(dirname "$0")"
kernels=$PWD/src/main/resources/kernels
cubins=
if [ "${1:-}" = cubins ]; then cubins=yes; shift; fi
to=${1:-$kernels}
mkdir -p "$to"
to=$(cd "$to" && pwd)
# compilers use one processor
each() { xargs -P "$(nproc)" -I{} bash -euo pipefail -c "$1 {}"; }
if [ "$cubins" ]; then
  assemble() { ptxas "-arch=sm_$arch" -o "$to/$arch/$1.cubin" "$kernels/$1.ptx"; }
  export to kernels arch
  export -f assemble
  for arch in 80 86 89; do
    mkdir -p "$to/$arch"
    for ptx in "$kernels"/*.ptx; do basename "$ptx" .ptx; done | each assemble
  done
  exit
fi
rm -f "$to"/*.ptx
cd src/main/cuda
compile() { # source, defines
  local source=$1; shift
  nvcc -std=c++17 -O3 "$@" -gencode arch=compute_80,code=compute_80 -ptx -o - "$source.cu" |
    sed -E "s/^\.version .*/.version 7.0/; s/_INTERNAL_[0-9a-f]{8}_[0-9]+_${source}_cu_([0-9a-f]{8})?/_INTERNAL_${source}/g; s/(L__BB|__local_depot)[0-9]+/\1/g
      /^\s*\/\/ (_Z|\.globl|begin inline asm|end inline asm)/d" |
    awk -v to="$to" '/^\.visible \.entry / { if (file) close(file); file = to "/" substr($3, 1, index($3, "(") - 1) ".ptx"; printf "%s", head >file }
      { if (file) print >file; else head = head $0 "\n" }'
}
kernels_of() { # common or a type of weights
  case $1 in
    common) compile common ;;
    BF16 | F16 | F32) compile weights "-DTYPE=$1" -DPLAIN ;;
    *) compile weights "-DTYPE=$1" ;;
  esac
}
export to
export -f compile kernels_of
types=$(sed -n 's/^enum Type {\(.*\)};/\1/p' blocks.h | tr -d ' ' | tr ',' '\n')
for name in common $types; do echo "$name"; done | each kernels_of
