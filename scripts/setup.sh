#!/bin/sh
# Installs what is missing, so that a fresh clone needs one command.
set -eu
cd "$(dirname "$0")/.."
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "Installing packages ..." >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
fi
if ! PATH="$PWD/node_modules/.bin:$PATH" node -e 'process.exit(process.features.typescript ? 0 : 1)' 2>/dev/null; then
  echo "Culex needs Node 24 or newer, and npm has none for this kind of machine. Install it and start again." >&2
  exit 1
fi
if [ -d node_modules/esbuild ]; then
  PATH="$PWD/node_modules/.bin:$PATH" node scripts/build-panel.ts --if-stale >&2
fi
if [ ! -d node_modules/.cache/culex ]; then
  PATH="$PWD/node_modules/.bin:$PATH" NODE_COMPILE_CACHE="$PWD/node_modules/.cache/culex" \
    node --max-semi-space-size=4 --expose-gc -e 'import("./src/runtime.ts").then(({ warmCache }) => warmCache(["addon/addon.ts", "addon/main.ts"]))'
fi
