#!/usr/bin/env bash
# Makes the folder .device for device-check.sh, at the root of this checkout: a small JDK, the classes, and reference models; 64 MiB at most.
# Run after ./mvnw test-compile. usage: prepare.sh JAVA_HOME REFERENCE_FOLDER
set -eu
java=$1 reference=$2
cd "$(dirname "$0")/../../.."
rm -rf .device/lib .device/golden; mkdir -p .device/lib .device/golden/models .device/golden/families
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
if [ ! -f .device/jdk.tar.xz ]; then
  "$java/bin/jlink" --add-modules java.base,java.logging,java.xml,java.management,jdk.management,jdk.unsupported,jdk.incubator.vector --strip-debug --no-header-files --no-man-pages \
    --compress=zip-0 --vm server --output "$work/jdk-dev"
  rm -f "$work"/jdk-dev/lib/server/*.jsa
  tar -C "$work" -cJf .device/jdk.tar.xz jdk-dev
fi
for folder in core/{api,spi,formats,json,machine,tck}/target/classes backends/{cuda-runtime,cuda}/target/classes backends/cuda/target/test-classes; do
  [ -d "$folder" ] || { echo "$folder is missing: run ./mvnw test-compile first" >&2; exit 1; }
  mkdir -p "$work/classes"
  cp -r "$folder/." "$work/classes/"
done
# as a jar: the kernels are text, of which little is left when it is packed
"$java/bin/jar" --create --file .device/lib/check.jar -C "$work/classes" .
# the libraries in the versions of the parent pom
version() { sed -n "s|.*<$1.version>\(.*\)</$1.version>.*|\1|p" pom.xml; }
junit=$(version junit) jackson=$(version jackson)
for jar in "javacpp-$(version javacpp)" "jspecify-$(version jspecify)" "jackson-core-$jackson" "jackson-databind-$jackson" "jackson-annotations-${jackson%.*}" \
  "junit-jupiter-api-$junit" "junit-jupiter-params-$junit" "junit-jupiter-engine-$junit" "junit-platform-commons-1.${junit#5.}" "junit-platform-engine-1.${junit#5.}" \
  "junit-platform-launcher-1.${junit#5.}" opentest4j-1.3.0 apiguardian-api-1.1.2; do
  found=$(find ~/.m2/repository -name "$jar.jar" | head -n 1)
  [ -n "$found" ] || { echo "$jar is missing in the local repository" >&2; exit 1; }
  cp "$found" .device/lib/
done
for model in dense-q4_0 moe-q8_0 moe-q4_0; do cp "$reference"/golden/models/$model.* .device/golden/models/; done
for family in "$reference"/golden/families/*/; do
  to=.device/golden/families/$(basename "$family")
  mkdir -p "$to"
  cp "$family"/{config.json,expected.json} "$family"/*.safetensors "$to/"
done
size=$(du -sm .device | cut -f1)
echo ".device has $size MiB"
[ "$size" -le 64 ] || { echo "more than 64 MiB" >&2; exit 1; }
