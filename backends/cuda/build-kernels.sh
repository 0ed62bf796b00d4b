#!/usr/bin/env bash
# Makes the PTX of the kernels. Its version is lowered to that of CUDA 11.0, which knows all that is used: drivers older than
# the compiler read it then.
# usage: build-kernels.sh [FILE]
set -eu
cd "$(dirname "$0")"
to=${1:-src/main/resources/kernels/kernels_80.ptx}
(cd src/main/cuda && nvcc -std=c++17 -O3 -gencode arch=compute_80,code=compute_80 -ptx -o - kernels.cu) | sed 's/^\.version .*/.version 7.0/' >"$to"
