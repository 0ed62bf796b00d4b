#!/usr/bin/env bash
# Makes the PTX of the kernels. Its version is lowered to that of CUDA 11.0, which knows all that is used: drivers older than
# the compiler read it then.
# Names of what is static hold a digest of the folder: it is taken out, so that every folder gives the same text.
# usage: build-kernels.sh [FILE]
set -eu
cd "$(dirname "$0")"
to=${1:-src/main/resources/kernels/kernels_80.ptx}
(cd src/main/cuda && nvcc -std=c++17 -O3 -gencode arch=compute_80,code=compute_80 -ptx -o - kernels.cu) | 
  sed -E 's/^\.version .*/.version 7.0/; s/_INTERNAL_[0-9a-f]{8}_10_kernels_cu_[0-9a-f]{8}/_INTERNAL_00000000_10_kernels_cu_00000000/g' >"$to"
