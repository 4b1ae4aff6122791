import { describe, expect, test } from "vitest";
import { composeAddOn, composeStandAlone, opened } from "./compose.ts";

const whole = "allow_anonymous true\nlistener 1885\n";

test.each([
  ["", null],
  ["enable_proxy_protocol 1", { version: 1, requiresTls: false, requiresCertificate: false }],
  ["enable_proxy_protocol 2", { version: 2, requiresTls: false, requiresCertificate: false }],
  [
    "proxy_protocol_v2_require_tls true\nenable_proxy_protocol 2",
    { version: 2, requiresTls: true, requiresCertificate: false },
  ],
  ["enable_proxy_protocol 2\nrequire_certificate true", { version: 2, requiresTls: false, requiresCertificate: true }],
  [
    "enable_proxy_protocol 2\nuse_identity_as_username true",
    { version: 2, requiresTls: false, requiresCertificate: true },
  ],
  [
    "enable_proxy_protocol 2\ncertfile a\nkeyfile b\ncafile c\nrequire_certificate true",
    { version: 2, requiresTls: false, requiresCertificate: false },
  ],
  ["proxy_protocol_v2_require_tls false", null],
])("%j", (lines, proxy) => {
  const { settings, problems } = composeStandAlone(`${whole}${lines}\n`);
  expect(settings.listeners[0]?.proxy).toEqual(proxy);
  expect(problems).toEqual([]);
});

describe("a listener stays closed", () => {
  test.each([
    [
      "enable_proxy_protocol 3",
      'mosquitto.conf line 3: "enable_proxy_protocol 3": "3" is not a version of the PROXY protocol. Listener 1885 stays closed; the other 2 lines are used. Write 1 or 2, the version that the proxy sends.',
    ],
    [
      "proxy_protocol_v2_require_tls true",
      'mosquitto.conf line 2: listener 1885 wants to know of TLS in front of a proxy (proxy_protocol_v2_require_tls), which only version 2 of the PROXY protocol tells. It stays closed. Add "enable_proxy_protocol 2", or remove the line.',
    ],
    [
      "enable_proxy_protocol 1\nproxy_protocol_v2_require_tls true",
      'mosquitto.conf line 2: listener 1885 wants to know of TLS in front of a proxy (proxy_protocol_v2_require_tls), which only version 2 of the PROXY protocol tells. It stays closed. Add "enable_proxy_protocol 2", or remove the line.',
    ],
    [
      "enable_proxy_protocol 1\nrequire_certificate true",
      "mosquitto.conf line 2: listener 1885 has no certificate, which takes both certfile and keyfile. It stays closed. Add the missing ones below the listener.",
    ],
    [
      "enable_proxy_protocol 2\nuse_subject_as_username true",
      'mosquitto.conf line 2: listener 1885 takes user names from whole subjects (use_subject_as_username), and a proxy tells the common name only. It stays closed. Use "use_identity_as_username true" instead.',
    ],
    [
      "enable_proxy_protocol 2\ncertfile a",
      "mosquitto.conf line 2: listener 1885 has no certificate, which takes both certfile and keyfile. It stays closed. Add the missing ones below the listener.",
    ],
  ])("with %j", (lines, text) => {
    const { settings, problems } = composeStandAlone(`${whole}${lines}\n`);
    expect(settings.listeners).toEqual([]);
    expect(problems[0]).toBe(text);
  });

  test("when a line about the proxy is misspelt", () => {
    const { settings } = composeStandAlone(`${whole}enable_proxy_protocoll 1\n`);
    expect(settings.listeners).toEqual([]);
  });
});

test.each(["", "listener 1883\n", "listener 8883\n"])(
  "no proxy stands in front of the add-on's own ports (%j)",
  (line) => {
    const { settings, problems } = composeAddOn(
      { "a.conf": `${line}enable_proxy_protocol 1\n` },
      { certfile: "a", keyfile: "b" },
    );
    expect(opened(settings)).toEqual(["1883", "1884", "8883", "8884"]);
    expect(settings.listeners.map(({ proxy }) => proxy)).toEqual([null, null, null, null]);
    const port = line === "" ? "1883" : line.slice(9, 13);
    const others = line === "" ? "" : "; the other line is used";
    expect(problems).toEqual([
      `a.conf line ${line === "" ? 1 : 2}: "enable_proxy_protocol" asks for a proxy in front of port ${port}, which is the add-on's own and takes devices directly. The line is ignored${others}. Put the line below a listener with a port of its own.`,
    ]);
  },
);
