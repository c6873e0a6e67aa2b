#!/usr/bin/env bash
# Installs Debian packages, as root or with sudo: scripts/install.sh PACKAGE...
# Does nothing where all of them are there already.
set -euo pipefail
fail() {
    printf 'install.sh: %s\n' "$@" "other systems, and without root: docs/install.md" >&2
    exit 1
}
command -v dpkg-query apt-get >/dev/null || fail "wanted Debian's apt-get for the packages: $*"
missing=()
for package in "$@"; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || state=
    [ "$state" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

apt=(env DEBIAN_FRONTEND=noninteractive apt-get)
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "wanted root or sudo to install: ${missing[*]}"
    apt=(sudo "${apt[@]}")
fi
echo "== installing: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ "${apt[@]}" -qq update && "${apt[@]}" -qq install -y --no-install-recommends "${missing[@]}"; } \
    >"$log" 2>&1 </dev/null || { cat "$log" >&2; fail "apt-get did not install: ${missing[*]}"; }
