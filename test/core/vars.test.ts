import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { play } from "../../src/core/play.ts";
import { Type } from "../../src/core/schema.ts";
import { checkVars } from "../../src/core/vars.ts";
import { loadInventory } from "../../src/inventory/index.ts";

const folder = mkdtempSync(join(tmpdir(), "vars-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function hostsOf(yaml: string) {
  const file = join(folder, "hosts.yml");
  writeFileSync(file, yaml);
  const inventory = await loadInventory(file, async () => ({}));
  return { file, hosts: inventory.select("all") };
}

describe("a template in a YAML variable", () => {
  const wantsName = play(
    "p",
    { hosts: "all", vars: { name: Type.String() } },
    { one: async () => undefined },
  );

  it("is refused with its file and line where a play uses the variable", async () => {
    const { file, hosts } = await hostsOf("all:\n  hosts:\n    a:\n  vars:\n    name: '{{ other }}'\n");
    try {
      checkVars([{ play: wantsName, hosts }], {});
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: "vars.invalid",
        details: [expect.stringMatching(/is not evaluated here/)],
      });
      expect(JSON.stringify(error)).toContain(`${file}:5`);
    }
  });

  it("is no matter where no play asks for it", async () => {
    const { hosts } = await hostsOf(
      "all:\n  hosts:\n    a:\n  vars:\n    name: x\n    port: '{{ other }}'\n",
    );
    expect(() => checkVars([{ play: wantsName, hosts }], {})).not.toThrow();
  });
});
