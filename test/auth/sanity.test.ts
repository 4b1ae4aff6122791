import { describe, expect, test } from "vitest";
import { findUnfit } from "../../src/auth/sanity.ts";
import { client } from "./context.ts";

const ok = client("klaus", "secret");

describe("a client id", () => {
  test.each([
    ["\0", "holds a control character"],
    ["a\nb", "holds a control character"],
    ["a\u007f", "holds a control character"],
    ["a\u0085", "holds a control character"],
    ["a\ud800", "is not UTF-8"],
    ["a\ufffd", "is not UTF-8"],
    ["x".repeat(65_536), "is longer than 65535 characters"],
  ])("%j is refused", (clientId, why) => {
    expect(findUnfit({ ...ok, clientId })).toEqual({
      kind: "client_id_refused",
      sentence: `the client id cannot be used because it ${why}`,
    });
  });

  test.each([[""], ["x".repeat(65_535)], ["zigbee2mqtt/#+$"], ["küche 🔌"]])("%j is fine", (clientId) => {
    expect(findUnfit({ ...ok, clientId })).toBeNull();
  });
});

describe("a user name", () => {
  test.each([
    ["\0", "holds a control character"],
    ["klaus\r\nX-Admin: 1", "holds a control character"],
    ["a\u009b", "holds a control character"],
    ["\udc00a", "is not UTF-8"],
    ["kl\ufffdus", "is not UTF-8"],
    ["x".repeat(257), "is longer than 256 characters"],
  ])("%j is refused", (username, why) => {
    expect(findUnfit({ ...ok, username })).toEqual({
      kind: "unknown_user",
      sentence: `the user name cannot be used because it ${why}`,
    });
  });

  test.each([[null], [""], ["x".repeat(256)], ["a:b"], ["#"], ["$all"], ["müller 👩‍🔧"]])("%j is fine", (username) => {
    expect(findUnfit({ ...ok, username })).toBeNull();
  });
});

describe("a password", () => {
  test("of more than 4096 bytes is refused", () => {
    expect(findUnfit(client("klaus", "x".repeat(4097)))).toEqual({
      kind: "wrong_password",
      sentence: "the password is longer than 4096 bytes",
    });
  });

  test.each([[null], [""], ["x".repeat(4096)], ["\0\u0001"], [Buffer.from([0xff, 0xfe])]])(
    "of any other bytes is fine (%#)",
    (password) => {
      expect(findUnfit(client("klaus", password))).toBeNull();
    },
  );
});
