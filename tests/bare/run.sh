#!/usr/bin/env bash
# The two commands on a bare Debian: nothing but python3 and CA certificates, as root and as an ordinary user.
#
#   sudo tests/bare/run.sh FOLDER [suite …]          suites: bookworm trixie (both by default)
#
# FOLDER keeps the base systems between runs (about 250 MB each, and as much again for every trial while it lasts).
# The committed state of this repository is tried, not the working tree. Prints the times; fails when a step fails.
# MIRROR names another package mirror than the machine's own. PIP_*, SSL_CERT_FILE and *_proxy are passed on.
set -euo pipefail

folder=${1:?usage: tests/bare/run.sh FOLDER [suite …]}
shift
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)
project=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
mirror=${MIRROR:-$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ' || true)}
if [ "$(id -u)" != 0 ]; then
    echo "This script makes and enters root file systems: run it as root." >&2
    exit 1
fi
command -v debootstrap >/dev/null || { echo "Install debootstrap first: apt install debootstrap" >&2; exit 1; }
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

passed_on=()
while IFS= read -r line; do passed_on+=("$line"); done < <(env | grep -E '^(PIP_[A-Z_]+|SSL_CERT_FILE|https?_proxy|no_proxy)=' || true)

trial() { # suite account
    local suite=$1 account=$2 root=$folder/$1.$2 home address code=0
    rm -rf "$root"
    cp -a "$folder/$suite.base" "$root"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    # A machine behind its own certificate authority has it in the system's bundle, so the bare one gets it as well.
    for bundle in ${PIP_CERT:-} ${SSL_CERT_FILE:-}; do
        if [ -f "$bundle" ]; then
            mkdir -p "$root$(dirname "$bundle")"
            cp -L "$bundle" "$root$bundle"
        fi
    done
    home=/root # closed to the account that the database runs under
    if [ "$account" = user ]; then
        chroot "$root" useradd --create-home --shell /bin/sh florist
        home=/home/florist
    fi
    git clone --quiet --no-hardlinks "$project" "$root$home/project"
    cp "$(dirname "$0")/inside.py" "$root/inside.py"
    chmod 644 "$root/inside.py"
    [ "$account" = root ] || chroot "$root" chown -R florist:florist "$home/project"
    # Processes of its own: whatever the trial starts ends with it.
    unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" sh -c '
        mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm" 2>/dev/null || true
        root=$1; user=$2; home=$3; shift 3
        exec chroot --userspec="$user:$user" "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            HOME="$home" "$@" python3 /inside.py "$home/project"
    ' sh "$root" "$([ "$account" = root ] && echo root || echo florist)" "$home" "${passed_on[@]}" || code=$?
    rm -rf "$root"
    return "$code"
}

failed=0
for suite in "${suites[@]}"; do
    if [ ! -e "$folder/$suite.base/usr/bin/python3" ]; then
        echo "== $suite: making the base system from ${mirror:-the default mirror}"
        rm -rf "$folder/$suite.base"
        debootstrap --variant=minbase --include=python3,ca-certificates "$suite" "$folder/$suite.base" ${mirror:+"$mirror"} >"$folder/$suite.log" 2>&1 ||
            { tail -n 20 "$folder/$suite.log" >&2; exit 1; }
    fi
    for account in root user; do
        echo "== $suite as $account"
        trial "$suite" "$account" || { echo "== $suite as $account: FAILED"; failed=1; }
    done
done
exit "$failed"
