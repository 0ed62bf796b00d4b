#!/usr/bin/env bash
# Checks the CUDA backend on a machine with an NVIDIA device and nothing else: no JDK, no registry. Needs the folder .device of
# this checkout, which prepare.sh makes where a JDK is. Prints a line a check and "N passed, M failed".
# usage: device-check.sh [speed]
set -eu
cd "$(dirname "$0")"
while [ ! -d .device ] && [ "$PWD" != / ]; do cd ..; done
jdk=$(mktemp -d); trap 'rm -rf "$jdk"' EXIT
python3 -c 'import sys, tarfile; tarfile.open(".device/jdk.tar.xz").extractall(sys.argv[1], filter="fully_trusted")' "$jdk"
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader
timeout 560 "$jdk"/jdk-dev/bin/java --enable-native-access=ALL-UNNAMED --add-modules jdk.incubator.vector -Xmx8g \
  -cp ".device/lib/classes:.device/lib/jars/*" dev.millrace.backend.cuda.DeviceCheck .device "$@"
