import { describe, expect, it, vi } from "vitest";
import { lazyNames } from "../../src/cli/lazy-names.ts";

describe("names that are loaded when they are first read", () => {
  it("are loaded once, each by itself", () => {
    const load = { one: vi.fn(() => ({ is: 1 })), two: vi.fn(() => 2) };
    const all = lazyNames({ ready: 0 }, load);
    expect(Object.keys(all)).toEqual(["ready", "one", "two"]);
    expect("two" in all).toBe(true);
    expect(load.one).not.toHaveBeenCalled();
    const [first, second] = [Reflect.get(all, "one"), Reflect.get(all, "one")];
    expect(first).toBe(second);
    expect(load.one).toHaveBeenCalledOnce();
    expect(load.two).not.toHaveBeenCalled();
  });
});
