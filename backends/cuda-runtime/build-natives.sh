#!/usr/bin/env bash
# Builds the native libraries of this bundle from native/driver.h and CudaCalls.java into src/main/resources/native. They are
# committed, so that building and running Millrace needs no C++ compiler; run this after a change of those two files. Needs g++,
# a JDK and the jar of JavaCPP; with aarch64-linux-gnu-g++ it builds for arm64, too.
# usage: build-natives.sh JAVACPP_JAR [JAVA_HOME]
set -eu
cd "$(dirname "$0")"
javacpp=$1 java=${2:-${JAVA_HOME:?}}/bin
source=src/main/java/dev/millrace/backend/cuda/runtime/CudaCalls.java
digest=$(cat src/main/native/driver.h "$source" | sha256sum | cut -d' ' -f1)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
"$java/javac" -proc:none -cp "$javacpp" -d "$work/classes" "$source"
one() { # platform of JavaCPP, folder, compiler
  if ! command -v "$3" >/dev/null; then echo "no $3: $2 stays as it is"; return; fi
  "$java/java" -jar "$javacpp" -classpath "$work/classes" -properties "$1" -Dplatform.includepath="$PWD/src/main/native" -Dplatform.compiler="$3" \
    -Dplatform.compiler.cpp17=-std=c++17 -Xcompiler "-DMR_SOURCES=\"$digest\"" -Xcompiler -s -d "$work/$1" dev.millrace.backend.cuda.runtime.CudaCalls >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
  mkdir -p "src/main/resources/native/$2"
  cp "$(find "$work/$1" -name libmillrace_cuda.so)" "src/main/resources/native/$2/libmillrace_cuda.so"
  ls -l "src/main/resources/native/$2/libmillrace_cuda.so"
}
one linux-x86_64 linux-x64 g++
one linux-arm64 linux-aarch64 aarch64-linux-gnu-g++
