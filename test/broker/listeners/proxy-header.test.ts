import { describe, expect, test } from "vitest";
import { parseProxyHeader, proxyVersionOf } from "../../../src/broker/listeners/proxy-header.ts";

const FOLLOWS = Buffer.from("100c00044d515454", "hex");
const NOTHING_OF_TLS = { isCheck: false, isTls: false, certificate: null };
const SIGNATURE = "0d0a0d0a000d0a515549540a";
/** 192.0.2.7:56324 to 192.0.2.1:1883 */
const ENDS_4 = "c0000207c0000201dc04075b";
/** [2001:db8::7]:56324 to [2001:db8::1]:1883 */
const ENDS_6 = "20010db800000000000000000000000720010db8000000000000000000000001dc04075b";

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

/** A header of version 2 with the right length. */
function second(commandAndFamily: string, rest: string): Buffer {
  const length = (rest.length / 2).toString(16).padStart(4, "0");
  return hex(`${SIGNATURE}${commandAndFamily}${length}${rest}`);
}

/** A type-length-value. */
function value(type: string, content: string): string {
  return `${type}${(content.length / 2).toString(16).padStart(4, "0")}${content}`;
}

function text(words: string): string {
  return Buffer.from(words).toString("hex");
}

describe("version 1", () => {
  const longest = `PROXY UNKNOWN ${"f".repeat(91)}\r\n`;

  test.each([
    ["PROXY TCP4 192.0.2.7 192.0.2.1 56324 1883\r\n", "192.0.2.7"],
    ["PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"],
    ["PROXY TCP6 2001:DB8:0:0:0:0:0:7 2001:db8::1 0 1883\r\n", "2001:db8::7"],
    ["PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.1 56324 1883\r\n", "192.0.2.7"],
    ["PROXY UNKNOWN\r\n", null],
    ["PROXY UNKNOWN ffff::1 not read at all\r\n", null],
    [longest, null],
  ])("%j tells the address %s, whatever the pieces it comes in", (line, address) => {
    const bytes = Buffer.concat([Buffer.from(line), FOLLOWS]);
    for (let length = 1; length < line.length; length++) {
      expect(parseProxyHeader(bytes.subarray(0, length), 1)).toEqual({ kind: "more" });
    }
    const expected = { kind: "header", header: { address, ...NOTHING_OF_TLS }, end: line.length };
    expect(parseProxyHeader(bytes, 1)).toEqual(expected);
    expect(proxyVersionOf(bytes)).toBe(1);
  });

  test.each([
    "PROXY TCP4 192.0.2.7 192.0.2.1 56324\r\n",
    "PROXY TCP4 192.0.2.7 192.0.2.1 56324 1883 \r\n",
    "PROXY TCP4  192.0.2.7 192.0.2.1 56324 1883\r\n",
    "PROXY TCP4 192.0.2.7 192.0.2.1 65536 1883\r\n",
    "PROXY TCP4 192.0.2.7 192.0.2.1 056 1883\r\n",
    "PROXY TCP4 192.0.2.7 192.0.2.1 -1 1883\r\n",
    "PROXY TCP4 2001:db8::7 2001:db8::1 56324 1883\r\n",
    "PROXY TCP6 192.0.2.7 192.0.2.1 56324 1883\r\n",
    "PROXY TCP4 192.0.2.07 192.0.2.1 56324 1883\r\n",
    "PROXY TCP6 fe80::7%eth0 fe80::1 56324 1883\r\n",
    "PROXY UDP4 192.0.2.7 192.0.2.1 56324 1883\r\n",
    "PROXY TCP4 192.0.2.7 192.0.2.1 56324 1883\n\r\n",
    "PROXY \r\n",
    `PROXY UNKNOWN ${"f".repeat(92)}\r\n`,
    `PROXY UNKNOWN ${"f".repeat(93)}`,
  ])("%j cannot be read", (line) => {
    expect(parseProxyHeader(Buffer.from(line), 1)).toEqual({
      kind: "fault",
      sentence: "sent a header of the PROXY protocol, version 1, that cannot be read",
    });
  });
});

describe("version 2", () => {
  test.each([
    ["IPv4", second("2111", ENDS_4), "192.0.2.7"],
    ["IPv6", second("2121", ENDS_6), "2001:db8::7"],
    [
      "an IPv4 address within IPv6",
      second("2121", `${"00".repeat(10)}ffffc0000207${"00".repeat(16)}dc04075b`),
      "192.0.2.7",
    ],
    ["a Unix socket", second("2131", text("/run/client").padEnd(432, "0")), null],
    ["no family", second("2100", ""), null],
    ["no family, and something behind it", second("2100", value("04", "0000")), null],
    [
      "values that are of no use",
      second("2111", ENDS_4 + value("02", text("mqtt.example")) + value("03", "01020304") + value("ee", "")),
      "192.0.2.7",
    ],
    ["the longest", second("2111", ENDS_4 + value("04", "00".repeat(2_048 - 15))), "192.0.2.7"],
  ])("%s", (_name, header, address) => {
    const bytes = Buffer.concat([header, FOLLOWS]);
    for (let length = 1; length < header.length; length++) {
      expect(parseProxyHeader(bytes.subarray(0, length), 2)).toEqual({ kind: "more" });
    }
    const expected = { kind: "header", header: { address, ...NOTHING_OF_TLS }, end: header.length };
    expect(parseProxyHeader(bytes, 2)).toEqual(expected);
    expect(proxyVersionOf(bytes)).toBe(2);
  });

  const name = value("22", text("meter"));
  const meter = { commonName: "meter", subject: "", fingerprint: "" };

  test.each([
    ["TLS without a certificate", "0100000000", { isTls: true, certificate: null }],
    ["a verified certificate", `0700000000${value("21", text("TLSv1.3"))}${name}`, { isTls: true, certificate: meter }],
    ["one of a resumed session", `0500000000${name}`, { isTls: true, certificate: meter }],
    ["one that was not verified", `0700000001${name}`, { isTls: true, certificate: null }],
    ["one of this connection, and not of its session", `0300000000${name}`, { isTls: true, certificate: null }],
    ["a name without a certificate", `0100000000${name}`, { isTls: true, certificate: null }],
    ["a certificate without TLS", `0600000000${name}`, { isTls: false, certificate: null }],
    ["one without a name", "0700000000", { isTls: true, certificate: { ...meter, commonName: "" } }],
  ])("tells of %s", (_name, ssl, told) => {
    const header = second("2111", ENDS_4 + value("20", ssl));
    const expected = { kind: "header", header: { isCheck: false, address: "192.0.2.7", ...told }, end: header.length };
    expect(parseProxyHeader(header, 2)).toEqual(expected);
  });

  const ssl = value("20", `0700000000${name}`);

  test.each([
    ["another version", second("1111", ENDS_4)],
    ["another command", second("2211", ENDS_4)],
    ["a datagram", second("2112", ENDS_4)],
    ["a family that is not known", second("2141", ENDS_4)],
    ["addresses that are too short", second("2111", ENDS_4.slice(2))],
    ["addresses of IPv4 for IPv6", second("2121", ENDS_4)],
    ["a Unix path that is too short", second("2131", "00".repeat(215))],
    ["a value without its length", second("2111", `${ENDS_4}0400`)],
    ["a value that is cut off", second("2111", `${ENDS_4}04000200`)],
    ["too little about TLS", second("2111", ENDS_4 + value("20", "07000000"))],
    ["a cut-off value about TLS", second("2111", ENDS_4 + value("20", "070000000022000561"))],
    ["two words about TLS", second("2111", ENDS_4 + ssl + ssl)],
    ["two names", second("2111", ENDS_4 + value("20", `0700000000${name}${name}`))],
    ["a name that is no text", second("2111", ENDS_4 + value("20", `0700000000${value("22", "ff")}`))],
    ["a name with a line end", second("2111", ENDS_4 + value("20", `0700000000${value("22", text("a\nb"))}`))],
  ])("%s cannot be read", (_name, header) => {
    expect(parseProxyHeader(header, 2)).toEqual({
      kind: "fault",
      sentence: "sent a header of the PROXY protocol, version 2, that cannot be read",
    });
  });

  test.each([
    ["nothing behind it", second("2000", "")],
    ["addresses, which do not count", second("2011", ENDS_4)],
    ["what need not be read", second("20ff", "ff")],
  ])("is a check of the proxy, with %s", (_name, header) => {
    const told = { ...NOTHING_OF_TLS, isCheck: true, address: null };
    expect(parseProxyHeader(Buffer.concat([header, FOLLOWS]), 2)).toEqual({
      kind: "header",
      header: told,
      end: header.length,
    });
    expect(parseProxyHeader(header.subarray(0, -1), 2)).toEqual({ kind: "more" });
  });

  test("one that is too long is refused before it has come", () => {
    expect(parseProxyHeader(hex(`${SIGNATURE}21110801`), 2)).toEqual({
      kind: "fault",
      sentence: "sent a header of the PROXY protocol of 2049 bytes; 2048 are taken",
    });
  });
});

describe("something else", () => {
  test.each([
    [1, FOLLOWS, "did not begin with a header of the PROXY protocol (enable_proxy_protocol 1)"],
    [2, FOLLOWS.subarray(0, 1), "did not begin with a header of the PROXY protocol (enable_proxy_protocol 2)"],
    [1, Buffer.from("PROXX"), "did not begin with a header of the PROXY protocol (enable_proxy_protocol 1)"],
    [
      2,
      Buffer.from("PROXY UNKNOWN\r\n"),
      "sent version 1 of the PROXY protocol, and this listener takes version 2 (enable_proxy_protocol)",
    ],
    [
      1,
      second("2111", ENDS_4),
      "sent version 2 of the PROXY protocol, and this listener takes version 1 (enable_proxy_protocol)",
    ],
  ] as const)("version %i does not take %j", (version, bytes, sentence) => {
    expect(parseProxyHeader(bytes, version)).toEqual({ kind: "fault", sentence });
  });

  test("is no header", () => {
    expect(proxyVersionOf(FOLLOWS)).toBeNull();
    expect(proxyVersionOf(Buffer.from("PROX"))).toBeNull();
  });
});
