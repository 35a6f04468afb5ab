/** The site for scripts that break it: a project of its own, on throw-away hosts of its own. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findInventory } from "../src/cli/inventories.ts";
import { labSpec } from "../src/cli/lab-spec.ts";
import type { Inventory } from "../src/inventory/index.ts";
import type { LabSpec, Suite } from "../src/lab/index.ts";

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));

/** Built code and playbooks are copied, so that work in the checkout does not disturb a run of hours. */
const copied = ["package.json", "dist", "playbooks", "roles", "inventory/vars"];

export interface Site {
  /** The project's folder. */
  readonly project: string;
  readonly cli: string;
  /** The inventory's file, from the project. */
  readonly inventory: string;
  readonly hosts: Inventory;
  readonly spec: LabSpec;
}

interface Wanted {
  /** The project's, the inventory's and the lab's name. */
  readonly name: string;
  /** Which inventory of the checkout it is made of. */
  readonly shape: "lab" | "compact";
  /** The first two numbers of its addresses: `10.96`. */
  readonly network: string;
  readonly suite?: Suite;
}

/** Makes the project anew; hosts of an earlier run are left for `up` to find. */
export async function makeSite({ name, shape, network, suite = "bookworm" }: Wanted): Promise<Site> {
  const project = join(checkout, ".showrunner", name);
  mkdirSync(project, { recursive: true });
  for (const one of copied) {
    rmSync(join(project, one), { recursive: true, force: true });
    cpSync(join(checkout, one), join(project, one), { recursive: true });
  }
  rmSync(join(project, "node_modules"), { force: true });
  symlinkSync(join(checkout, "node_modules"), join(project, "node_modules"));
  const text = readFileSync(join(checkout, `inventory/${shape}.ts`), "utf8");
  const [, old = ""] = /network: "(\d+\.\d+)\.0\.0\/24"/.exec(text) ?? [];
  const inventory = `inventory/${name}.ts`;
  writeFileSync(
    join(project, inventory),
    text
      .replaceAll(`${old}.0.`, `${network}.0.`)
      .replaceAll(`.showrunner/lab/${shape}/`, `.showrunner/lab/${name}/`)
      .replace('suite: "bookworm"', `suite: "${suite}"`),
  );
  const loaded = await findInventory([join(project, inventory)]);
  return {
    project,
    cli: join(project, "dist/src/cli/main.cjs"),
    inventory,
    hosts: loaded.inventory,
    // a second one of this name is not loaded again, and may have another suite
    spec: { ...labSpec(loaded), suite },
  };
}
