#!/usr/bin/env bash
# Installs Debian packages, as root or with sudo: scripts/install.sh PACKAGE...
# Does nothing where all of them are there already.
set -euo pipefail
missing=()
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "install.sh: wanted root or sudo to install: ${missing[*]}" >&2
        echo "install.sh: without root see README.md, 'Without root'" >&2
        exit 1
    }
    sudo=sudo
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get -qq update
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
