#!/usr/bin/env bash
# Runs the committed PTX itself on the emulated driver: it becomes C++, an instruction for an instruction, so that what nvcc made of the sources and what
# stands in them as text for the assembler is tried, too. Run after ./mvnw test-compile -pl backends/cuda -am; needs g++ and python3 on
# x86-64, takes a quarter of an hour on two processors.
# usage: ptx.sh [PART ...]     parts of DeviceCheck: contract, ahead, types and kernels if none is named
set -eu
cd "$(dirname "$0")/../../.."
class_path=target/test-classes:target/classes:$(cat target/class-path)
made=$PWD/target/ptx library=$PWD/target/libptx_cuda.so
rm -rf "$made"; mkdir -p "$made"
python3 src/test/cuda/ptx_to_cpp.py "$made" src/main/resources/kernels/*.ptx
compile="g++ -O1 -std=c++17 -w -fPIC -mfma -ffp-contract=off -Isrc/test/cuda -I$made"
for source in "$made"/*.cpp; do echo "$source"; done | xargs -P "$(nproc)" -I{} $compile -c {} -o {}.o
$compile -DPTX -shared -Wl,-Bsymbolic -Wl,-soname,libcuda.so.1 -o "$library" src/test/cuda/emulated_driver.cpp "$made"/*.o
for part in ${*:-contract ahead types kernels}; do
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector -Xmx2g -Dmillrace.cuda.device=true \
    "-Dmillrace.cuda.driver=$library" -cp "$class_path" dev.millrace.backend.cuda.DeviceCheck "$part"
done
