import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, it, vi } from "vitest";
import { tellFailures } from "../../src/cli/tell-failures.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("a failure is told with the details and the hint that a run tells", () => {
  const written: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  const error = {
    code: "host.auth" as const,
    message: "no key was accepted",
    details: ["tried in this order: /home/me/key", "the host said:\nPermission denied"],
    hint: "hold the key in an agent",
    location: undefined,
  };
  tellFailures({ time: 0, type: "host:unreachable", host: "web1", step: "facts", error });
  expect(stripVTControlCharacters(written.join(""))).toBe(
    [
      "web1 ! no key was accepted",
      "  tried in this order: /home/me/key",
      "  the host said:",
      "  Permission denied",
      "  hint: hold the key in an agent",
      "",
    ].join("\n"),
  );
});
