import { describe, expect, test } from "vitest";
import { composeStandAlone } from "./compose.ts";

const whole = "allow_anonymous true\nlistener 1885\n";

function terms(lines: string) {
  return composeStandAlone(`${whole}${lines}\n`).settings.listeners[0]?.terms;
}

test.each([
  ["accept_protocol_versions 4, 5", { versions: [4, 5] }],
  ["accept_protocol_versions 5", { versions: [5] }],
  ["allow_zero_length_clientid false", { allowsNoClientId: false }],
  ["auto_id_prefix ha-", { idPrefix: "ha-" }],
  ["auto_id_prefix ha-\nlistener_auto_id_prefix own-", { idPrefix: "own-" }],
  ["clientid_prefixes ha-", { requiredIdPrefix: "ha-" }],
  ["use_username_as_clientid true", { usernameAsClientId: true }],
  ["websockets_origin https://a\nwebsockets_origin https://b", { origins: ["https://a", "https://b"] }],
  ["socket_domain ipv6", { isIpv6Only: true }],
  ["mount_point house/", { mountPoint: "house/" }],
  ["mount_point our house/a", { mountPoint: "our house/a" }],
])("%j", (lines, expected) => {
  expect(terms(lines)).toMatchObject(expected);
});

describe("with per_listener_settings", () => {
  const ids = (conf: string) => {
    const { settings, problems } = composeStandAlone(`per_listener_settings true\n${conf}`);
    const terms = settings.listeners.map(({ name, terms }) => [name, terms.allowsNoClientId, terms.idPrefix]);
    return { terms, problems: problems.filter((text) => text.includes("per_listener_settings")) };
  };

  test("a line about missing client ids belongs to the listener above it", () => {
    const first = "listener 1885\nallow_zero_length_clientid false\nauto_id_prefix one-\n";
    const second = "listener 1886\nauto_id_prefix two-\n";
    expect(ids(`${first}${second}listener 1887\n`)).toEqual({
      terms: [
        ["1885", false, "one-"],
        ["1886", true, "two-"],
        ["1887", true, "auto-"],
      ],
      problems: [],
    });
  });

  test("a line above every listener counts for those without one, and says so", () => {
    const above = "allow_zero_length_clientid false\nauto_id_prefix all-\n";
    const own = "allow_zero_length_clientid true\nauto_id_prefix own-\n";
    const { terms, problems } = ids(`${above}listener 1885\nlistener 1886\n${own}`);
    expect(terms).toEqual([
      ["1885", false, "all-"],
      ["1886", true, "own-"],
    ]);
    const rest = (line: number, name: string): string =>
      `mosquitto.conf line ${line}: "${name}" belongs below a "listener" line because of per_listener_settings, and there is none above it. It counts for every listener without such a line of its own; the other 5 lines are used. Move the line below the listener that it is meant for.`;
    expect(problems).toEqual([rest(2, "allow_zero_length_clientid"), rest(3, "auto_id_prefix")]);
  });

  test("those below a listener that was refused belong to nobody", () => {
    expect(ids("listener 1885\nlistener x\nallow_zero_length_clientid false\nauto_id_prefix x-\n").terms).toEqual([
      ["1885", true, "auto-"],
    ]);
  });
});

test("without per_listener_settings they count for every listener, wherever they stand", () => {
  const { settings } = composeStandAlone(
    "allow_anonymous true\nlistener 1885\nlistener 1886\nallow_zero_length_clientid false\nauto_id_prefix all-\n",
  );
  expect(settings.listeners.map(({ terms }) => [terms.allowsNoClientId, terms.idPrefix])).toEqual([
    [false, "all-"],
    [false, "all-"],
  ]);
});

test("socket_domain ipv4 listens on every IPv4 address", () => {
  expect(composeStandAlone(`${whole}socket_domain ipv4\n`).settings.listeners[0]?.host).toBe("0.0.0.0");
});

describe("a line that cannot be read", () => {
  const mountPoint = 'Write the beginning of a topic, with the slash that belongs to it: "mount_point house/".';
  const closed = "Listener 1885 stays closed; the other 2 lines are used.";

  test.each([
    [
      "accept_protocol_versions 4,6",
      `"accept_protocol_versions 4,6": "4,6" is not a list of versions. ${closed} Write 3 (MQTT 3.1), 4 (3.1.1) and 5, those that are taken: "accept_protocol_versions 4,5".`,
    ],
    ["websockets_origin", `"websockets_origin" has no value. ${closed} Write "websockets_origin https://<host>".`],
    ["mount_point", `"mount_point" has no value. ${closed} ${mountPoint}`],
    [
      "mount_point house/+/",
      `"mount_point house/+/": a topic name has no wildcards ("+" or "#"). ${closed} ${mountPoint}`,
    ],
    [
      "mount_point $CONTROL/",
      `"mount_point $CONTROL/": topics that begin with "$" are the broker's own. ${closed} ${mountPoint}`,
    ],
    [
      "bind_interface eth0",
      `"bind_interface" binds to a network card by its name, which is not possible here. ${closed} Write the address of the card instead: "listener <port> <address>".`,
    ],
  ])("%s keeps its listener shut", (line, text) => {
    const { settings, problems } = composeStandAlone(`${whole}${line}\n`);
    expect(settings.listeners).toEqual([]);
    expect(problems[0]).toBe(`mosquitto.conf line 3: ${text}`);
  });

  test("a prefix that is too long is left out", () => {
    const prefix = "x".repeat(51);
    const { settings, problems } = composeStandAlone(`${whole}auto_id_prefix ${prefix}\n`);
    expect(settings.listeners[0]?.terms.idPrefix).toBe("auto-");
    expect(problems).toEqual([
      `mosquitto.conf line 3: "auto_id_prefix": "${prefix}" is longer than 50 characters. The line is ignored; the other 2 lines are used. Choose a shorter one.`,
    ]);
  });

  test("socket_domain beside an address says that it has no effect", () => {
    const { problems } = composeStandAlone("allow_anonymous true\nlistener 1885 127.0.0.1\nsocket_domain ipv4\n");
    expect(problems).toEqual([
      'mosquitto.conf line 3: "socket_domain ipv4" has no effect here: the listener has an address. The line is ignored; the other 2 lines are used. Remove the line.',
    ]);
  });
});
