import { expect, test } from "vitest";
import { parseDynsec } from "../../src/dynsec/parse-file.ts";
import type { DynsecState } from "../../src/dynsec/types.ts";
import { dynsecLogin } from "../../src/snapshot/dynsec-login.ts";
import { backendContext, client as credentials } from "../auth/context.ts";
import { client, dynsecText, PASSWORD } from "../helpers/dynsec.ts";

const { signal } = new AbortController();

function house() {
  const text = dynsecText({ clients: [client("plug"), { username: "nopassword" }] });
  const { state } = parseDynsec(text, "dynsec.json");
  if (state === null) throw new Error("the file of the test is broken");
  const asked: string[] = [];
  const context = backendContext();
  const verify: typeof context.verify = async (hash, password) => {
    asked.push(hash);
    return context.verify(hash, password);
  };
  return {
    state,
    asked,
    stage: dynsecLogin({ file: "dynsec.json", state, isIntact: true, problems: [] }, { ...context, verify }),
  };
}

function plugOf(state: DynsecState) {
  const plug = state.clients.get("plug");
  if (plug === undefined) throw new Error("it is gone");
  return plug;
}

test.each([
  ["plug", PASSWORD, "allow", "allowed"],
  ["plug", "wrong", "deny", "wrong password for user plug"],
  ["plug", null, "deny", "sent no password for user plug"],
  ["nopassword", "", "deny", "wrong password for user nopassword"],
  ["nopassword", "x", "deny", "wrong password for user nopassword"],
  ["unknown", PASSWORD, "ignore", "unknown is not in dynsec.json"],
  [null, null, "ignore", "sent no user name"],
])("%s with %s: %s", async (username, password, verdict, sentence) => {
  const answer = await house().stage.authenticate(credentials(username, password), signal);
  expect(answer).toMatchObject({ verdict, by: "dynamic-security", reason: { sentence } });
});

test("a client without a password, and a name that nobody knows, take as long as a wrong password", async () => {
  const { stage, asked } = house();
  await stage.authenticate(credentials("nopassword", "x"), signal);
  await stage.pretend?.(credentials("unknown", "x"));
  expect(asked).toHaveLength(2);
  for (const hash of asked) expect(hash).toMatch(/^pbkdf2-sha512\$i=101,/);
});

test("a password that is changed while it is checked lets nobody in, and ends who is in", async () => {
  const { stage, state } = house();
  const before = await stage.authenticate(credentials("plug", PASSWORD), signal);
  const checking = stage.authenticate(credentials("plug", PASSWORD), signal);
  plugOf(state).password = null;
  expect(await checking).toMatchObject({ verdict: "deny" });
  const identity = before.verdict === "allow" ? before.value : null;
  if (identity === null) throw new Error("it was not let in");
  expect(stage.recheck?.(identity)).toMatchObject({
    verdict: "deny",
    reason: { sentence: "the password of user plug was changed" },
  });
});

test("bars clients that are disabled, and nobody when there is no usable file", () => {
  const { stage, state } = house();
  const who = { clientId: "c", username: "plug" };
  expect(stage.bars?.(who)).toBeNull();
  plugOf(state).disabled = true;
  expect(stage.bars?.(who)).toMatchObject({ verdict: "deny", reason: { sentence: "the client plug is disabled" } });
  expect(stage.bars?.({ ...who, username: null })).toBeNull();
  const broken = dynsecLogin({ file: "dynsec.json", state: null, isIntact: false, problems: [] }, backendContext());
  expect(broken.bars?.(who)).toBeNull();
  expect(broken.authenticate(credentials("plug", PASSWORD), signal)).toMatchObject({ verdict: "ignore" });
});
