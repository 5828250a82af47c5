#!/bin/sh
# Installs the browser, the mail servers and the GnuPG of the real tests where that is allowed, else says what to install.
set -eu
PATH=$PATH:/usr/sbin:/sbin

missing=
command -v chromium >/dev/null || missing="chromium"
command -v postfix >/dev/null || missing="$missing postfix"
command -v dovecot >/dev/null || missing="$missing dovecot-imapd"
command -v gpg >/dev/null || missing="$missing gnupg"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing with apt-get:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # several words on purpose
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/tmp/vigil-apt.log 2>&1; then
        exit 0
    fi
    tail -n 5 /tmp/vigil-apt.log >&2
fi
echo "The real tests lack: $missing. On Debian: apt-get install $missing" >&2
# Under CI nothing is left out in silence; elsewhere the tests that need them skip with this reason.
[ -z "${CI:-}" ]
