#!/bin/sh
# Installs the programs that the tests use, where this machine allows it. What stays missing is skipped by name.
set -eu
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need mosquitto_pub mosquitto-clients
PATH="$PATH:/usr/sbin" need mosquitto mosquitto
PATH="$PATH:/usr/sbin" need mariadbd mariadb-server-core
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
PATH="$PATH:/usr/sbin" need slapd slapd
need redis-server redis-server
need chromium chromium
need openssl openssl
need s6-svscan s6
need unshare util-linux
need ip iproute2
need cc "gcc libc6-dev"
[ -e /usr/include/MQTTClient.h ] || missing="$missing libpaho-mqtt-dev"
python3 -c 'import venv, ensurepip' 2>/dev/null || missing="$missing python3-venv"
if [ -z "$missing" ]; then
  :
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing test programs:$missing" >&2
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 ||
    echo "Could not install:$missing. Tests that need them are skipped." >&2
else
  echo "Not installed:$missing. Tests that need them are skipped." >&2
fi

cd "$(dirname "$0")/.."
if [ ! -e local/python/bin/python3 ] || ! local/python/bin/python3 -c 'import paho.mqtt' 2>/dev/null; then
  { python3 -m venv local/python && local/python/bin/pip install --quiet 'paho-mqtt==2.1.0'; } >/dev/null 2>&1 || {
    rm -rf local/python
    echo "Could not install paho-mqtt for Python. Its tests are skipped." >&2
  }
fi
