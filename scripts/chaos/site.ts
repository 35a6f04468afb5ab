/** The site that faults are injected into: a project of its own, on throw-away hosts of its own. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LabSpec } from "../../src/lab/index.ts";

const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Built code and playbooks are copied, so that work in the checkout does not disturb a run of hours. */
const copied = ["package.json", "dist", "playbooks", "roles", "inventory/vars"];

export interface Site {
  /** The project's folder. */
  readonly project: string;
  readonly cli: string;
  readonly inventory: string;
  readonly spec: LabSpec;
}

/** Makes the project anew; hosts of an earlier run are left for `up` to find. */
export function makeSite(): Site {
  const project = join(checkout, ".showrunner", "chaos");
  mkdirSync(project, { recursive: true });
  for (const name of copied) {
    rmSync(join(project, name), { recursive: true, force: true });
    cpSync(join(checkout, name), join(project, name), { recursive: true });
  }
  rmSync(join(project, "node_modules"), { force: true });
  symlinkSync(join(checkout, "node_modules"), join(project, "node_modules"));
  const text = readFileSync(join(checkout, "inventory/compact.ts"), "utf8")
    .replaceAll("10.78.0.", "10.96.0.")
    .replaceAll(".showrunner/lab/compact/", ".showrunner/lab/chaos/");
  writeFileSync(join(project, "inventory/chaos.ts"), text);
  const addresses = [...text.matchAll(/^ *(\w+): \{ address: "([\d.]+)" \}/gm)];
  return {
    project,
    cli: join(project, "dist/src/cli/main.cjs"),
    inventory: "inventory/chaos.ts",
    spec: {
      name: "chaos",
      network: "10.96.0.0/24",
      suite: "bookworm",
      user: "deploy",
      hosts: addresses.map(([, name = "", address = ""]) => ({ name, address })),
      stateDir: join(project, ".showrunner/lab/chaos"),
    },
  };
}
