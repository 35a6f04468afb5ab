/** What the role common makes of /etc/hosts. */
import { describe, expect, it } from "vitest";
import { hostsBlock } from "../../roles/common/hosts-block.ts";
import { fileWritten } from "../../src/facts/file-effects.ts";
import { type FileState, file } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { blockinfile } from "../../src/modules/index.ts";
import { planTask } from "../../src/testing/plan.ts";

const marker = "# {mark} hosts of the inventory";
const block = (...lines: string[]) =>
  ["# BEGIN hosts of the inventory", ...lines, "# END hosts of the inventory", ""].join("\n");
const debians = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n";

const state: FileState = { type: "file", mode: "0644", owner: "root", group: "root" };

async function written(before: string, hosts: Readonly<Record<string, string>>): Promise<string | undefined> {
  const named = Object.entries(hosts).map(([name, address]) => ({ name, address }));
  const { changes } = await planTask(blockinfile({ path: "/etc/hosts", marker, ...hostsBlock(named) }), {
    facts: [
      file.is("/etc", { type: "directory", mode: "0755", owner: "root", group: "root" }),
      ...fileWritten("/etc/hosts", { state, content: before }).sets,
      self.is("", { user: "root", group: "root" }),
    ],
  });
  const action = changes[0]?.action;
  return action?.kind === "write" ? action.content.toString() : undefined;
}

const two = { web1: "10.0.0.1", "db1.example": "fd00::2" };

describe("the names of an inventory's hosts", () => {
  it.each<[string, string, Readonly<Record<string, string>>, string | undefined]>([
    ["are put at the end", debians, two, debians + block("10.0.0.1 web1", "fd00::2 db1.example")],
    [
      "take the place of the lines that earlier versions wrote, and of Debian's own for a host",
      `127.0.1.1\tweb1\n${debians}10.0.0.1 web1\n10.9.9.9 db1.example\n`,
      two,
      debians + block("10.0.0.1 web1", "fd00::2 db1.example"),
    ],
    [
      "leave alone lines with further names, comments, and names that are alike",
      `10.0.0.1 web1 www\n# web1\n10.0.0.3 db1xexample\n10.0.0.4 web10\n`,
      two,
      `10.0.0.1 web1 www\n# web1\n10.0.0.3 db1xexample\n10.0.0.4 web10\n${block("10.0.0.1 web1", "fd00::2 db1.example")}`,
    ],
    [
      "go with their hosts, and what stands behind them stays",
      `${debians}${block("10.0.0.1 web1", "10.0.0.5 gone")}10.7.7.7 mine\n`,
      { web1: "10.0.0.8" },
      `${debians}${block("10.0.0.8 web1")}10.7.7.7 mine\n`,
    ],
    ["go all, where none is named", `${debians}${block("10.0.0.5 gone")}`, {}, debians],
    [
      "are not put there for what has a name for an address",
      debians,
      { web1: "web1.example", localhost: "127.0.0.1" },
      undefined,
    ],
    ["are put there once", debians + block("10.0.0.1 web1"), { web1: "10.0.0.1" }, undefined],
    ["hold no lines that somebody smuggles in", debians, { web1: "::1\n10.0.0.1 bank" }, undefined],
  ])("%s", async (_, before, hosts, after) => {
    expect(await written(before, hosts)).toBe(after);
    if (after !== undefined) expect(await written(after, hosts)).toBeUndefined();
  });
});
