/** Which folder may import which, besides itself. ARCHITECTURE.md shows the same table. */
export const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  "src/core": [],
  "src/settings": ["src/core"],
  "src/acl": ["src/core", "src/settings"],
  "src/auth": ["src/core"],
  "src/dynsec": ["src/core", "src/acl"],
  "src/snapshot": ["src/core", "src/settings", "src/acl", "src/auth", "src/dynsec"],
  "src/control": ["src/core", "src/settings", "src/dynsec", "src/snapshot"],
  "src/broker": ["src/core", "src/settings", "src/snapshot"],
  "src/bridge": ["src/core", "src/settings", "src/snapshot"],
  "src/http": ["src/core", "src/settings", "src/auth", "src/snapshot"],
  "src/monitor": ["src/core", "src/settings"],
  "src/cli": ["src/core", "src/settings", "src/auth", "src/snapshot"],
  "src/panel": ["src/core"],
  src: [
    "src/core",
    "src/settings",
    "src/acl",
    "src/auth",
    "src/dynsec",
    "src/snapshot",
    "src/control",
    "src/broker",
    "src/bridge",
    "src/http",
    "src/monitor",
    "src/cli",
  ],
  addon: ["src", "src/core", "src/settings", "src/auth", "src/snapshot"],
};

/** Which npm packages a folder may import. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "src/settings": ["ajv", "js-yaml"],
  "src/auth": ["ajv", "bcryptjs", "ioredis", "ldapts", "mongodb", "mysql2/promise", "pg"],
  "src/snapshot": ["chokidar"],
  "src/broker": ["aedes", "mqtt-packet", "ws"],
  "src/bridge": ["mqtt-packet"],
  "src/monitor": ["mqtt-packet"],
  "src/panel": ["@preact/signals", "preact", "preact/hooks"],
  "src/http": ["@hono/node-server", "hono", "hono/utils/http-status", "uqr", "ws"],
  addon: ["ws"],
};
