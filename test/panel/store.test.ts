import { describe, expect, it } from "vitest";
import { createStore, MAX_ROWS } from "../../src/panel/data/store.ts";
import { clientWith, overviewWith, problemWith } from "./stage/samples.ts";

describe("what the live channels said", () => {
  it("is nothing at first, and a snapshot then", () => {
    const store = createStore();
    expect([store.overview.value, store.clients.value, store.problems.value]).toEqual([null, null, null]);
    store.take({ t: "snapshot", ch: "overview", seq: 1, data: overviewWith() });
    store.take({ t: "snapshot", ch: "problems", seq: 1, data: [problemWith({ id: "p" })] });
    expect(store.overview.value).toEqual(overviewWith());
    expect(store.problems.value).toEqual({ items: [problemWith({ id: "p" })], total: 1 });
  });

  it("changes in its place by a patch, so that lists do not jump", () => {
    const store = createStore();
    const [a, b, c] = [clientWith({ id: "a" }), clientWith({ id: "b" }), clientWith({ id: "c" })];
    store.take({ t: "snapshot", ch: "clients", seq: 1, data: [a, b, c] });
    const gone = { ...b, state: "gone" } as const;
    store.take({ t: "patch", ch: "clients", seq: 2, data: { changed: [gone, clientWith({ id: "d" })], gone: ["a"] } });
    expect(store.clients.value).toEqual({ items: [gone, c, clientWith({ id: "d" })], total: 3 });
  });

  it("is bounded, and says how much there is", () => {
    const store = createStore();
    const many = Array.from({ length: MAX_ROWS + 5 }, (_, index) => clientWith({ id: `c${index}` }));
    store.take({ t: "snapshot", ch: "clients", seq: 1, data: many });
    expect(store.clients.value?.items.length).toBe(MAX_ROWS);
    expect(store.clients.value?.total).toBe(MAX_ROWS + 5);
    store.take({ t: "patch", ch: "clients", seq: 2, data: { changed: [clientWith({ id: "c0" })], gone: [] } });
    expect(store.clients.value?.total).toBe(MAX_ROWS + 5);
  });

  it("says how many clients there are where only a part of them is told", () => {
    const store = createStore();
    store.take({ t: "snapshot", ch: "clients", seq: 1, total: 20_000, data: [clientWith({ id: "a" })] });
    expect(store.clients.value?.total).toBe(20_000);
    store.take({ t: "patch", ch: "clients", seq: 2, total: 20_001, data: { changed: [], gone: ["a"] } });
    expect(store.clients.value).toEqual({ items: [], total: 20_001 });
  });
});
