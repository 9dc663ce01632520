#!/usr/bin/env bash
# Builds RocksDB in release mode, once a machine, and prints the folder it is installed in.
#
#   tools/lib/rocksdb.sh [--tools]      --tools also builds ldb and sst_dump
#
# Why not Debian's librocksdb-dev: it is compiled with assertions and sync points
# (docs/decisions/0001-rocksdb-from-source.md).
#
# rocksdb-9.10.0.patch beside this script is applied (docs/decisions/0002-storage-options.md).
#
# The source comes from, in this order:
#   $BASALT_ROCKSDB_TARBALL   a local copy of the upstream release rocksdb-9.10.0.tar.gz
#   Debian                    the source package rocksdb 9.10.0-1 of the suite trixie, through a
#                             temporary apt source list derived from this machine's own Debian entry
#   upstream                  https://github.com/facebook/rocksdb, the same release
# and is checked against the checksum below whichever way it came.
set -euo pipefail

version=9.10.0
debian_version=9.10.0-1
suite=trixie
patch=$(dirname "${BASH_SOURCE[0]}")/rocksdb-$version.patch
sha256=fdccab16133c9d927a183c2648bcea8d956fb41eb1df2aacaa73eb0b95e43724
cache=${BASALT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/basalt}

# Nobody reads the perf context, and each of its counters is a look at a thread's own memory.
cxx_flags=-DNPERF_CONTEXT
# SSE4.2 and PCLMUL (every x86 server since 2010) give the hardware crc32c.
case "$(uname -m)" in
  x86_64) arch_flags=(-DPORTABLE=x86-64-v2) cxx_flags+=" -mpclmul" ;;
  *) arch_flags=(-DPORTABLE=1) ;;
esac
options=(
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON
  -DROCKSDB_BUILD_SHARED=OFF -DUSE_RTTI=ON -DFAIL_ON_WARNINGS=OFF
  -DWITH_TESTS=OFF -DWITH_TOOLS=OFF -DWITH_BENCHMARK_TOOLS=OFF -DWITH_TRACE_TOOLS=OFF -DWITH_GFLAGS=OFF
  -DWITH_JEMALLOC=ON -DWITH_LIBURING=ON -DWITH_LZ4=ON -DWITH_ZSTD=ON
  -DWITH_SNAPPY=OFF -DWITH_ZLIB=OFF -DWITH_BZ2=OFF
  "${arch_flags[@]}" "-DCMAKE_CXX_FLAGS=$cxx_flags"
)
want_tools=0
[[ "${1:-}" == --tools ]] && want_tools=1
recipe=$({ printf '%s\n' "$version" "${options[@]}" "$(uname -m)"; cat "$patch"; } | sha256sum | cut -c1-10)
prefix=$cache/rocksdb-$version-$recipe

say() { printf 'rocksdb: %s\n' "$*" >&2; }

if [[ -e $prefix/.complete && ( $want_tools == 0 || -x $prefix/bin/ldb ) ]]; then
  printf '%s\n' "$prefix"
  exit 0
fi

mkdir -p "$cache"
exec 9>"$cache/rocksdb.lock"
flock 9
if [[ -e $prefix/.complete && ( $want_tools == 0 || -x $prefix/bin/ldb ) ]]; then
  printf '%s\n' "$prefix"
  exit 0
fi

work=$cache/rocksdb-build-$recipe
mkdir -p "$work"
tarball=$cache/rocksdb-$version.tar.gz

good_tarball() { [[ -f $1 ]] && printf '%s  %s\n' "$sha256" "$1" | sha256sum --check --status; }

from_debian() {
  local entry uri keyring apt=$work/apt
  entry=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true)
  uri=$(grep -Eo 'https?://[^ ]+/debian/?( |$)' <<<"$entry" | head -n 1 | tr -d ' ')
  keyring=$(grep -Eo '^Signed-By: */.*' <<<"$entry" | head -n 1 | sed 's/^Signed-By: *//')
  [[ -n $uri ]] || { say "no Debian entry in /etc/apt"; return 1; }
  keyring=${keyring:-/usr/share/keyrings/debian-archive-keyring.gpg}
  mkdir -p "$apt/lists/partial"
  printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
    "$uri" "$suite" "$keyring" >"$apt/rocksdb.sources"
  local flags=(-qq -o Dir::Etc::sourcelist="$apt/rocksdb.sources" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt" -o APT::Sandbox::User="$(id -un)")
  say "downloading the source package rocksdb $debian_version ($suite) from $uri"
  (cd "$apt" && apt-get "${flags[@]}" update >&2 &&
    apt-get "${flags[@]}" source --download-only --tar-only "rocksdb=$debian_version" >&2) || return 1
  mv "$apt/rocksdb_$version.orig.tar.gz" "$tarball"
}

from_upstream() {
  local url=https://github.com/facebook/rocksdb/archive/refs/tags/v$version.tar.gz
  say "downloading $url"
  curl -fsSL -o "$tarball" "$url"
}

if [[ -n ${BASALT_ROCKSDB_TARBALL:-} ]]; then
  good_tarball "$BASALT_ROCKSDB_TARBALL" ||
    { say "$BASALT_ROCKSDB_TARBALL: missing, or not rocksdb $version (sha256 $sha256)"; exit 1; }
  tarball=$BASALT_ROCKSDB_TARBALL
elif ! good_tarball "$tarball"; then
  from_debian || from_upstream || { say "no source could be downloaded; give one with BASALT_ROCKSDB_TARBALL=FILE"; exit 1; }
  good_tarball "$tarball" || { say "$tarball: wrong checksum, expected sha256 $sha256; delete it and try again"; exit 1; }
fi

say "building RocksDB $version in release mode (about a quarter of an hour on two cores, once on this machine)"
mkdir -p "$work/source"
tar -xf "$tarball" -C "$work/source" --strip-components=1
patch --silent --directory "$work/source" --strip 1 --input "$(realpath "$patch")" >&2 ||
  { say "$patch does not fit the source"; exit 1; }
if ((want_tools)); then options+=(-DWITH_CORE_TOOLS=ON); else options+=(-DWITH_CORE_TOOLS=OFF); fi
log=$work/build.log
if ! { cmake -S "$work/source" -B "$work/build" -G Ninja "${options[@]}" -DCMAKE_INSTALL_PREFIX="$prefix" &&
  ninja -C "$work/build" && ninja -C "$work/build" install; } >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  say "the build failed; the whole log is $log"
  exit 1
fi
if ((want_tools)); then install -D -t "$prefix/bin" "$work/build/tools/ldb" "$work/build/tools/sst_dump"; fi
touch "$prefix/.complete"
rm -rf "$work"
say "installed in $prefix"
printf '%s\n' "$prefix"
