#!/usr/bin/env bash
# Runs the kernels and the executor on the emulated driver with AddressSanitizer: what reads or writes beside its memory, or off its alignment, ends with the
# place in the source. Run after ./mvnw test-compile -pl backends/cuda -am; needs g++ with its sanitizer, takes minutes.
# usage: sanitize.sh [PART ...]     parts of DeviceCheck: types and kernels if none is named; "few" is for each build: two types of weights, all other kernels
set -eu
cd "$(dirname "$0")/../../.."
class_path=target/test-classes:target/classes:$(cat target/class-path)
library=$PWD/target/libsanitized_cuda.so
types=; if [ "$*" = few ]; then types=-DFEW_TYPES; fi
g++ $types -O1 -g1 -ffp-contract=off -fsanitize=address,alignment -fno-sanitize-recover=alignment -fno-omit-frame-pointer -std=c++17 -w -shared -fPIC -Isrc/test/cuda -Wl,-soname,libcuda.so.1 -o "$library" src/test/cuda/emulated_driver.cpp
for part in ${*:-types kernels}; do
  # the JVM handles signals itself and frees nothing at its end; its threads have no room to spare
  LD_PRELOAD=$(g++ -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_sigfpe=0:detect_stack_use_after_return=0:halt_on_error=1 \
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector -Xmx1g -Dmillrace.cuda.device=true \
    "-Dmillrace.cuda.driver=$library" -cp "$class_path" dev.millrace.backend.cuda.DeviceCheck "$part"
done
