/** Whose last run `@last-failed` means. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resolveLastFailed } from "../../src/cli/last-failed.ts";
import type { RunFiles } from "../../src/core/events/events.ts";
import { openJournal } from "../../src/core/events/journal.ts";
import { inventory } from "../../src/inventory/index.ts";

let folder: string;
let begun = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "showrunner-last-failed-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Kept {
  readonly failed: string | readonly string[];
  readonly files?: RunFiles | undefined;
  readonly inventory?: string;
  readonly check?: boolean;
}

const staging = { playbook: "playbooks/site.ts", inventory: "inventories/staging/hosts.ts" };
const production = { playbook: "playbooks/site.ts", inventory: "inventories/production/hosts.ts" };

/** A run of which one host failed. */
function keep({ failed, files, inventory = "hosts.ts", check = false }: Kept): void {
  const journal = openJournal(folder, "site", new Date(2026, 0, 1, 0, 0, ++begun));
  const error = {
    code: "task.failed",
    message: "broken",
    hint: undefined,
    location: undefined,
    details: [],
  } as const;
  const time = 0;
  const named = files ? { files } : {};
  journal.subscribe({
    type: "run:start",
    playbook: "site",
    inventory,
    check,
    hosts: [failed].flat(),
    ...named,
    time,
  });
  for (const host of [failed].flat())
    journal.subscribe({ type: "host:failed", host, step: "one", error, time });
  journal.close();
}

const meant = (files: typeof staging, limit = "@last-failed") =>
  resolveLastFailed(limit, {
    folder,
    playbook: "site",
    inventory: files.inventory,
    files,
    hasHost: (name) => /^(stage|prod|web|db)\d*$/.test(name),
  });

it("is that on the very inventory, also where others are called the same", () => {
  keep({ failed: "stage1", files: staging });
  keep({ failed: "prod1", files: production });
  expect([meant(staging), meant(production)]).toEqual(["stage1", "prod1"]);
});

it("is that of the very playbook, also where others are called the same", () => {
  const other = { ...staging, playbook: "old/site.ts" };
  keep({ failed: "stage1", files: staging });
  keep({ failed: "stage2", files: other });
  expect([meant(staging), meant(other)]).toEqual(["stage1", "stage2"]);
});

it("is no check and no plan, which leave it as it was", () => {
  keep({ failed: "stage1", files: staging });
  keep({ failed: "stage2", files: staging, check: true });
  expect(meant(staging)).toBe("stage1");
});

it("is told by names where an older version kept it", () => {
  keep({ failed: "stage1", inventory: "../staging/hosts.ts" });
  expect(meant(staging)).toBe("stage1");
});

it("is part of a longer limit, joined by colons or commas, with as many hosts as failed", () => {
  keep({ failed: ["web1", "db1"], files: staging });
  const all = inventory({ hosts: { "web[1:3]": {}, db1: {} }, groups: { web: { hosts: ["web[1:3]"] } } });
  const chosen = (limit: string) =>
    all.select("all", { limit: meant(staging, limit) }).map(({ name }) => name);
  expect(chosen("@last-failed")).toEqual(["web1", "db1"]);
  expect(chosen("@last-failed:&web")).toEqual(["web1"]);
  expect(chosen("@last-failed:!db1")).toEqual(["web1"]);
  expect(chosen("web:!@last-failed")).toEqual(["web2", "web3"]);
  expect(chosen("web2:@last-failed")).toEqual(["web1", "web2", "db1"]);
});

it("is refused behind an ampersand, where a list of hosts would leave none", () => {
  keep({ failed: ["web1", "db1"], files: staging });
  expect(() => meant(staging, "web:&@last-failed")).toThrow(
    '@last-failed is a list of hosts and can\'t follow "&"',
  );
});

it.each(["********", "*", "all", "~.*", "stage*", "!stage1", "stage1,prod1", "stage[0:9]", "gone"])(
  "is never a pattern: %s in a journal is no host, and so refused",
  (name) => {
    keep({ failed: ["stage1", name], files: staging });
    expect(() => meant(staging)).toThrow(`has no host called ${JSON.stringify(name)}`);
  },
);
