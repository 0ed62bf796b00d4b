# Starts Java with Millrace. Read by the scripts that know where everything is: "millrace" in the sources and in the packages.
#
#   jdk    the folder of Java
#   dist   the folder of the program: boot, bundles, and the file built, which is newer than both
#
# A shell is all that this needs: where another command is missing, what it is for is left out.

# what people type and models say is UTF-8. Java asks the locale for that, and takes one that is not installed for ASCII: so it is
# not the name that counts, but what the system makes of it
for name in C.UTF-8 "${LC_ALL:-${LC_CTYPE:-${LANG:-C}}}" en_US.UTF-8; do
  # without the command, as with musl, the first will do
  case $(LC_ALL=$name locale charmap 2>/dev/null || echo UTF-8) in
    [Uu][Tt][Ff]*)
      LC_ALL=$name
      export LC_ALL
      break
      ;;
  esac
done

# where the current folder is gone, Java ends with a trace
case $(pwd -P 2>/dev/null) in
  /*) ;;
  *)
    echo "millrace: the current folder is gone; change to another one." >&2
    exit 1
    ;;
esac

terminals=
for descriptor in 0 1 2; do
  [ ! -t "$descriptor" ] || terminals=$terminals$descriptor
done

# -UsePerfData: no file in the temporary folder
flags="--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
-XX:-UsePerfData"
# what the compiler took goes back to the system; Java warns where the C library cannot do that
if getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
  flags="$flags -XX:TrimNativeHeapInterval=5000"
fi
# hardly anything is garbage here, so the collector that starts quickest, and a small heap: memory is for weights and conversations
case ${MILLRACE_JAVA_OPTS:-} in
  *-XX:+Use*GC*) ;;
  *) flags="$flags -XX:+UseSerialGC -Xms32m -XX:MaxNewSize=24m" ;;
esac

path=
for jar in "$dist"/boot/*.jar; do
  path=$path${path:+:}$jar
done

# ---- classes as Java had them after one answer, for quicker starts; made once after a build, and not missed if they cannot be

# beside the program, or in the user's cache folder where the program cannot be written: one for each place of a program
cache=$dist/start.aot
if [ ! -s "$cache" ] && [ ! -w "$dist" ]; then
  cache=${MILLRACE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/millrace}/start
  rest=$dist
  while [ "$rest" != "${rest#*/}" ]; do
    rest=${rest#*/}
    cache=$cache-${rest%%/*}
  done
  cache=$cache.aot
fi

prepare() {
  folder=${cache%/*}
  if [ "$cache" -nt "$dist/built" ] || [ -n "${MILLRACE_JAVA_OPTS:-}" ] || ! command -v mv >/dev/null; then
    return
  fi
  if [ ! -d "$folder" ]; then
    mkdir -p "$folder" 2>/dev/null || return 0
  fi
  [ -w "$folder" ] || return 0
  echo "millrace: preparing quick starts, once" >&2
  # shellcheck disable=SC2086
  "$jdk/bin/java" $flags -XX:AOTCacheOutput="$cache.$$" -cp "$path" dev.millrace.launcher.boot.Boot \
    run --max-tokens 40 "Turn on the kitchen lamp." </dev/null >/dev/null 2>&1 || true
  if [ -s "$cache.$$" ]; then
    mv -f "$cache.$$" "$cache"
  else
    : >"$cache"
  fi
  rm -f "$cache.$$" "$cache.$$.config"
}

prepare
# only that was wanted: packages do it when they are installed
if [ "${1:-}" = --prepare ]; then
  exit 0
fi
set -- -cp "$path" dev.millrace.launcher.boot.Boot "$@"
[ ! -s "$cache" ] || set -- "-XX:AOTCache=$cache" "$@"

# shellcheck disable=SC2086
exec "$jdk/bin/java" $flags -Dmillrace.terminals="$terminals" ${MILLRACE_JAVA_OPTS:-} "$@"
