import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { planDigests } from "../../src/core/plans/plan-digest.ts";
import type { PlanFile } from "../../src/core/plans/plan-schema.ts";
import { type Ended, project, run, twoHosts } from "./helpers.ts";

/** Its template and what it imports are files of their own; loading it leaves a trace. */
const site = `import { writeFileSync } from "node:fs";
import { template, play, playbook } from "showrunner";
import { greeting } from "../lib/greeting.ts";

const at = (name: string) => new URL(\`../\${name}\`, import.meta.url).pathname;
writeFileSync(at("loaded"), "");

export default playbook([
  play("site", { hosts: "web" }, {
    motd: ({ host }) => template({ src: at("motd.ejs"), dest: at(\`out/\${host.name}\`), vars: { greeting } }),
  }),
]);
`;

interface Site {
  readonly folder: string;
  run(...args: readonly string[]): Promise<Ended>;
  path(name: string): string;
  /** Rewrites the plan. */
  alter(how: (plan: PlanFile) => void): void;
  /** Gives a plan that was altered the digest that is right for it. */
  digestAgain(): void;
}

function newSite(): Site {
  const folder = project({
    "inventory/lab.ts": twoHosts,
    "playbooks/site.ts": site,
    "lib/greeting.ts": 'export const greeting: string = "hello";\n',
    "motd.ejs": "<%= greeting %>\n",
  });
  mkdirSync(join(folder, "out"));
  const path = (name: string) => join(folder, name);
  return {
    folder,
    run: (...args) => run(folder, args),
    path,
    alter(how) {
      const plan: PlanFile = JSON.parse(readFileSync(path("plan.json"), "utf8"));
      how(plan);
      writeFileSync(path("plan.json"), JSON.stringify(plan));
    },
    digestAgain() {
      this.alter((plan) => {
        const { digests: _, signature: __, ...parts } = plan;
        plan.digests = planDigests(parts);
      });
    },
  };
}

/** A site with its plan, as it was before anything of it was loaded. */
async function planned(...args: readonly string[]): Promise<Site> {
  const made = newSite();
  expect(await made.run("plan", "site", "-o", "plan.json", ...args)).toMatchObject({ status: 0, stderr: "" });
  rmSync(made.path("loaded"));
  return made;
}

/** Refused before any code was loaded. */
function expectRefused(site: Site, ended: Ended, ...messages: readonly string[]): void {
  expect(ended.status).toBe(5);
  for (const message of messages) expect(ended.stderr).toContain(message);
  expect(existsSync(site.path("loaded"))).toBe(false);
  expect(existsSync(site.path("out/web1"))).toBe(false);
}

describe("a plan that was altered", () => {
  const alterations: readonly [string, string, (plan: PlanFile) => void][] = [
    [
      "what is shown",
      "tasks",
      ({ tasks }) => void Object.assign(tasks[0]?.changes[0] ?? {}, { what: "good" }),
    ],
    ["what is done", "tasks", ({ tasks }) => void Object.assign(tasks[0] ?? {}, { changes: [] })],
    ["the order", "tasks", ({ tasks }) => void tasks.reverse()],
    ["the hosts", "request", ({ request }) => void request.hosts.pop()],
    [
      "the playbook",
      "request",
      ({ request }) => void Object.assign(request, { playbookFile: "/tmp/evil.ts" }),
    ],
    ["the facts", "hosts", ({ hosts }) => void Object.assign(hosts, { web1: { facts: [] } })],
    ["the code", "code", ({ code }) => void delete code.files["motd.ejs"]],
    ["the digest", "digest", ({ digests }) => void Object.assign(digests, { digest: "0".repeat(64) })],
  ];

  it.each(alterations)(
    "in %s is neither shown nor applied, and it is said where it differs",
    async (_, part, how) => {
      const site = await planned();
      site.alter(how);
      const applied = await site.run("apply", "plan.json");
      expectRefused(
        site,
        applied,
        "plan.json was altered after it was made",
        `not as it was written: ${part}`,
      );
      expect((await site.run("plan", "--show", "plan.json")).stderr).toContain("plan.json was altered");
    },
  );

  it("only in its layout is the same plan", async () => {
    const site = await planned();
    const { format, ...others }: PlanFile = JSON.parse(readFileSync(site.path("plan.json"), "utf8"));
    writeFileSync(site.path("plan.json"), JSON.stringify({ ...others, format }));
    expect((await site.run("apply", "plan.json")).status).toBe(0);
  });
});

describe("a plan's code", () => {
  it.each([["playbooks/site.ts"], ["lib/greeting.ts"], ["motd.ejs"], ["inventory/lab.ts"]])(
    "is refused before any is loaded where %s is another now",
    async (name) => {
      const site = await planned();
      writeFileSync(site.path(name), `${readFileSync(site.path(name), "utf8")}\n`);
      const applied = await site.run("apply", "plan.json");
      expectRefused(
        site,
        applied,
        "a file is not what plan.json was made from",
        `${name}: its content has changed`,
      );
      rmSync(site.path(name));
      expectRefused(site, await site.run("apply", "plan.json"), name);
    },
  );

  it("is of the project: a plan that names others is refused, also where its digest is right", async () => {
    const site = await planned();
    const elsewhere = project({
      "evil.ts": 'import { writeFileSync } from "node:fs"; writeFileSync("loaded", "");',
    });
    for (const evil of [join(elsewhere, "evil.ts"), "out/../../evil.ts", "lib/unplanned.ts"]) {
      site.alter(({ request }) => void Object.assign(request, { playbookFile: evil }));
      site.digestAgain();
      writeFileSync(site.path("lib/unplanned.ts"), "");
      expectRefused(site, await site.run("apply", "plan.json"), "names", "where does this plan come from?");
    }
  });

  it("may not be outside the project where the plan is kept", async () => {
    const site = newSite();
    const elsewhere = project({
      "site.ts": readFileSync(site.path("playbooks/site.ts"), "utf8").replace(
        "../lib/",
        `${site.folder}/lib/`,
      ),
    });
    const kept = await site.run("plan", join(elsewhere, "site.ts"), "-o", "plan.json");
    expect(kept.status).toBe(5);
    expect(kept.stderr).toContain("is outside the project");
  });

  it("is shown with its commit, and that another one is checked out by now is told", async () => {
    const site = newSite();
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-C", site.folder, "-c", "user.name=a", "-c", "user.email=a@b", ...args], {
        encoding: "utf8",
      });
    git("init", "-q");
    git("add", ".");
    git("commit", "-qm", "one");
    const commit = git("rev-parse", "HEAD").slice(0, 12);
    await site.run("plan", "site", "-o", "plan.json");
    const shown = await site.run("plan", "--show", "plan.json");
    expect(shown.stdout).toContain(`\nCode: commit ${commit}, 4 files\n`);
    expect(shown.stdout).toMatch(/\nDigest: [0-9a-f]{64}, not signed\n/);
    git("commit", "-q", "--allow-empty", "-m", "two");
    const applied = await site.run("apply", "plan.json");
    expect(applied.status).toBe(0);
    expect(applied.stdout).toContain(`Code: made at commit ${commit}, now at `);
    writeFileSync(site.path("lib/greeting.ts"), 'export const greeting = "bye";\n');
    await site.run("plan", "site", "-o", "plan.json");
    const dirty = await site.run("plan", "--show", "plan.json");
    expect(dirty.stdout).toContain(
      `Code: commit ${git("rev-parse", "HEAD").slice(0, 12)} with changes that are not committed`,
    );
  });
});

/** Keys in a folder of the site. */
function keys(site: Site) {
  for (const name of ["pem", "otherpem"]) {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(site.path(name), privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(site.path(`${name}.pub`), publicKey.export({ type: "spki", format: "pem" }));
  }
  const keygen = (name: string, ...args: readonly string[]) =>
    execFileSync("ssh-keygen", ["-q", "-f", site.path(name), ...args]);
  keygen("ed25519", "-t", "ed25519", "-N", "", "-C", "ann@example");
  keygen("rsa", "-t", "rsa", "-b", "2048", "-N", "", "-C", "bob@example");
  keygen("locked", "-t", "ed25519", "-N", "secret", "-C", "eve@example");
}

describe("a signed plan", () => {
  it.each([["pem"], ["ed25519"], ["rsa"]])(
    "by the key %s is applied by who trusts that key, and nobody else",
    async (key) => {
      const site = newSite();
      keys(site);
      await site.run("plan", "site", "-o", "plan.json");
      rmSync(site.path("loaded"));
      const unsigned = await site.run("apply", "plan.json", "--trust", `${key}.pub`);
      expectRefused(site, unsigned, "plan.json is not signed", "npx run plan --show plan.json --sign KEY");
      const signed = await site.run("plan", "--show", "plan.json", "--sign", key);
      expect(signed).toMatchObject({ status: 0, stderr: "" });
      expect(signed.stdout).toContain("would change");
      const other = await site.run("apply", "plan.json", "--trust", "otherpem.pub");
      expectRefused(
        site,
        other,
        "none of the trusted keys has signed plan.json in its present form",
        "SHA256:",
      );
      const applied = await site.run("apply", "plan.json", "--trust", `${key}.pub`);
      expect(applied).toMatchObject({ status: 0, stderr: "" });
      expect(applied.stdout).toMatch(/^Signed by .*, SHA256:/m);
    },
  );

  it("is signed as it is made, and no longer signed once anything is altered, be its digest right", async () => {
    const site = newSite();
    keys(site);
    for (const key of ["pem", "ed25519"]) {
      expect((await site.run("plan", "site", "-o", "plan.json", "--sign", key)).status).toBe(0);
      rmSync(site.path("loaded"));
      site.alter(({ tasks }) => void Object.assign(tasks[0] ?? {}, { title: "something harmless" }));
      site.digestAgain();
      const applied = await site.run("apply", "plan.json", "--trust", `${key}.pub`);
      expectRefused(site, applied, "none of the trusted keys has signed plan.json in its present form");
    }
  });

  it("is trusted by one of several keys, in a file or in a folder; the kinds of file may be mixed", async () => {
    const site = newSite();
    keys(site);
    mkdirSync(site.path("trusted"));
    for (const name of ["rsa.pub", "pem.pub"])
      writeFileSync(site.path(`trusted/${name}`), readFileSync(site.path(name)));
    const lines = ["rsa.pub", "ed25519.pub"].map((name) => readFileSync(site.path(name), "utf8"));
    writeFileSync(site.path("approvers"), ["# who approves", "", ...lines].join("\n"));
    await site.run("plan", "site", "-o", "plan.json", "--sign", "pem");
    expect((await site.run("apply", "plan.json", "--trust", "trusted")).status).toBe(0);
    rmSync(site.path("out"), { recursive: true });
    mkdirSync(site.path("out"));
    await site.run("plan", "site", "-o", "plan.json", "--sign", "ed25519");
    const applied = await site.run("apply", "plan.json", "--trust", "approvers");
    expect(applied.stdout).toContain("Signed by ann@example, SHA256:");
  });

  it("may be signed with an encrypted key of OpenSSH", async () => {
    const site = newSite();
    keys(site);
    writeFileSync(site.path("askpass"), "#!/bin/sh\necho secret\n", { mode: 0o755 });
    const asking = { SSH_ASKPASS: site.path("askpass"), SSH_ASKPASS_REQUIRE: "force" };
    const args = ["plan", "site", "-o", "plan.json", "--sign", "locked"];
    expect(await run(site.folder, args, asking)).toMatchObject({ status: 0, stderr: "" });
    expect((await site.run("apply", "plan.json", "--trust", "locked.pub")).status).toBe(0);
    const failed = await run(site.folder, args, { SSH_ASKPASS: "/bin/false", SSH_ASKPASS_REQUIRE: "force" });
    expect(failed.status).toBe(5);
    expect(failed.stderr).toContain("--sign locked: ssh-keygen did not sign");
    expect(existsSync(site.path("plan.json"))).toBe(false);
  });

  it.each([
    [["plan", "site", "--sign", "pem"], "--sign signs a plan that is kept"],
    [
      ["plan", "site", "-o", "plan.json", "--sign", "motd.ejs"],
      "--sign motd.ejs: it is neither a private key",
    ],
    [["plan", "site", "-o", "plan.json", "--sign", "none"], "--sign none: there is no such file"],
    [["apply", "plan.json", "--trust", "pem"], "--trust pem: it is a private key"],
    [["apply", "plan.json", "--trust", "motd.ejs"], "--trust motd.ejs:1: this is no public key"],
    [["apply", "plan.json", "--trust", "none"], "--trust none: there is no such file"],
    [["apply", "plan.json", "--trust", "options"], "options:1: this is no public key"],
  ])("run %j is bad usage", async (args, message) => {
    const site = newSite();
    keys(site);
    writeFileSync(site.path("options"), `cert-authority ${readFileSync(site.path("ed25519.pub"), "utf8")}`);
    if (args[0] === "apply") await site.run("plan", "site", "-o", "plan.json");
    const ended = await site.run(...args);
    expect(ended.status).toBe(5);
    expect(ended.stderr).toContain(message);
  });
});
