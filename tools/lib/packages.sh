# shellcheck shell=bash disable=SC2034
# The Debian packages that each task needs, and how the missing ones get installed. Sourced by tools/dev.

packages_build=(
  git cmake ninja-build g++ pkg-config ccache curl dpkg-dev patch
  libasio-dev libgflags-dev libgoogle-glog-dev libjemalloc-dev libfmt-dev libexpected-dev libabsl-dev
  liburing-dev libgtest-dev libgmock-dev libbenchmark-dev libhiredis-dev libxxhash-dev liblz4-dev
  libzstd-dev libssl-dev python3
)
packages_test=(redis-server redis-tools clang-format wamerican python3-redis openssl)
packages_format=(clang-format)
packages_bench=(redis-server redis-tools python3 gnuplot-nox)
packages_fuzz=(clang libclang-rt-14-dev)
packages_conformance=(tcl tcl-tls redis-server redis-tools python3)

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "root is needed for: $*; neither root nor sudo is here"
    return 1
  fi
}

# missing_of PACKAGE…: those that are not installed.
missing_of() {
  local there
  there=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' || true)
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$there")
}

# Services of what is installed must not start: the tests start their own servers.
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [[ -e $policy ]]; then
    "$@"
    return
  fi
  as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
  "$@" || status=$?
  as_root rm -f "$policy"
  return "$status"
}

apt_install() {
  without_services as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

# need PACKAGE…: installs what is missing. Nothing runs when all is there.
need() {
  local missing
  mapfile -t missing < <(missing_of "$@")
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  # The lists of packages are fetched only where they are missing or too old to serve.
  if ! apt_install "${missing[@]}"; then
    say "fetching the lists of packages, then once more"
    as_root apt-get update -qq >/dev/null
    apt_install "${missing[@]}" || { say "could not install ${missing[*]}"; return 1; }
  fi
  if [[ " ${missing[*]} " == *" redis-server "* ]] && command -v systemctl >/dev/null; then
    as_root systemctl disable --quiet redis-server 2>/dev/null || true
  fi
}
