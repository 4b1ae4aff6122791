import { expect, test } from "vitest";
import { createTopicAnswers } from "../../src/auth/topic-answers.ts";
import { allow } from "../../src/core/reasons.ts";

test("all subscriptions that a client may have keep their answers, and a flood of topics is bounded", async () => {
  const answers = createTopicAnswers({
    source: "house",
    ask: async () => allow("house", undefined),
    onError: "deny",
    acceptedMs: 60_000,
    refusedMs: 60_000,
    now: () => 0,
  });
  for (let index = 0; index < 10_000; index++) {
    await answers.renew("subscribe", `a/${index}`);
    await answers.renew("publish", `a/${index}`);
  }
  expect([...answers.granted()]).toHaveLength(10_000);
  expect(answers.of("publish", "a/0")).toBeNull();
  expect(answers.of("publish", "a/9999")).not.toBeNull();
  await answers.renew("subscribe", "one more");
  expect([...answers.granted()]).toHaveLength(10_000);
});
