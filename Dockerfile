# Home Assistant builds this with the folder of config.json as the only context; BuildKit passes BUILD_ARCH and
# BUILD_VERSION. The same file serves the published images.
ARG BUILD_FROM=ghcr.io/home-assistant/base:3.23

# Production packages only. They are plain JavaScript, so what is installed here runs on every architecture.
FROM ${BUILD_FROM} AS packages
RUN apk add --no-cache nodejs npm
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

# The page in the sidebar, made where esbuild runs and copied as plain files.
FROM ${BUILD_FROM} AS panel
RUN apk add --no-cache nodejs npm
WORKDIR /build
COPY package.json package-lock.json ./
COPY src /build/src
COPY scripts /build/scripts
RUN npm ci --ignore-scripts --no-audit --no-fund && node scripts/build-panel.ts

FROM ${BUILD_FROM}
RUN apk add --no-cache nodejs
# The source runs as it is: a base image whose Node cannot do that must fail here and not in someone's home.
RUN node -e 'if (!process.features.typescript) throw new Error("this Node does not run TypeScript"); new (require("node:sqlite").DatabaseSync)(":memory:").close()'

COPY --from=packages /build/node_modules /opt/culex/node_modules
COPY package.json /opt/culex/
COPY src /opt/culex/src
COPY --from=panel /build/dist/panel /opt/culex/dist/panel
COPY addon /opt/culex/addon
# Compiles everything once, so that no start on a small machine has to.
RUN NODE_COMPILE_CACHE=/opt/culex/node_modules/.cache/culex node --max-semi-space-size=4 --expose-gc -e 'import("/opt/culex/src/runtime.ts").then(({ warmCache }) => warmCache(["addon/addon.ts", "addon/main.ts"]))'
COPY rootfs /

# Nothing is sent, so nothing is logged. The broker answers the end of the stream with its own, which a process
# that hangs does not do although the kernel would still accept the connection for it.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --start-interval=2s --retries=3 \
    CMD timeout 5 nc 127.0.0.1 1883 </dev/null >/dev/null 2>&1 || exit 1

ARG BUILD_ARCH
ARG BUILD_VERSION
LABEL \
    io.hass.type="app" \
    io.hass.name="Culex" \
    io.hass.description="An MQTT broker that enforces its rules and says why" \
    io.hass.url="https://github.com/culex-mqtt/culex" \
    io.hass.arch="${BUILD_ARCH}" \
    io.hass.version="${BUILD_VERSION}" \
    org.opencontainers.image.title="Culex" \
    org.opencontainers.image.description="An MQTT broker that enforces its rules and says why" \
    org.opencontainers.image.source="https://github.com/culex-mqtt/culex" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${BUILD_VERSION}"
