import { describe, expect, it } from "vitest";
import { file, fileHash } from "../../../src/facts/files.ts";
import { self } from "../../../src/facts/self.ts";
import { type SshdUnderstood, sshdUnderstood } from "../../../src/facts/sshd.ts";
import { pendingRollback } from "../../../src/kit/index.ts";
import { type SshdOptions, sshdConfig } from "../../../src/modules/index.ts";
import { sshdText } from "../../../src/modules/system/sshd-options.ts";
import { planTask } from "../../../src/testing/plan.ts";

const path = "/etc/ssh/sshd_config.d/00-showrunner.conf";

describe("the file", () => {
  it("has each option as sshd wants it", () => {
    const options = {
      PermitRootLogin: "no",
      PasswordAuthentication: false,
      AllowUsers: ["ann", "deploy@10.0.0.*"],
      Port: [22, 2222],
      Ciphers: ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com"],
      ClientAliveInterval: 60,
    } as const;
    const match = [{ criteria: "User backup", options: { X11Forwarding: false } }];
    expect(sshdText(options, match)).toBe(`# Made by Showrunner
PermitRootLogin no
PasswordAuthentication no
AllowUsers ann deploy@10.0.0.*
Port 22
Port 2222
Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com
ClientAliveInterval 60

Match User backup
    X11Forwarding no
`);
  });
});

describe("a mistake is found before anything is connected", () => {
  const given = (options: unknown): SshdOptions => Object(options);
  it.each([
    [{ "Permit Root": "no" }, 'options: "Permit Root" is no option of sshd'],
    [
      { Banner: "x\nPermitRootLogin yes" },
      "options: Banner: expected a text of one line, a number, true, false, or a list of such",
    ],
    [{ AllowUsers: [] }, "options: AllowUsers: expected a value, got an empty list"],
    [{ Match: "User ann" }, "options: Match is no option"],
  ])("%j", (options, message) => {
    expect(() => sshdConfig({ options: given(options) })).toThrow(message);
  });

  it("of options and a whole file one is given", () => {
    expect(() => sshdConfig({})).toThrow("`options` or `content` is missing");
    expect(() => sshdConfig({ options: {}, content: "Port 22\n" })).toThrow(
      "`options` and `content` are given: expected one of them",
    );
  });
});

describe("a plan", () => {
  const options = { MaxAuthTries: 4, Port: 2222 } as const;
  const key = { path, text: sshdText(options), options: Object.keys(options) };
  const plan = (understood: SshdUnderstood) =>
    planTask(sshdConfig({ options }), {
      facts: [
        self.is("", { user: "root", group: "root" }),
        pendingRollback.is("sshd", false),
        sshdUnderstood.is(key, understood),
        file.is(path, { type: "absent" }),
        fileHash.is(path, undefined),
        file.is("/etc/ssh/sshd_config.d", { type: "directory", mode: "0755", owner: "root", group: "root" }),
      ],
    });

  it("writes the file, and gives what holds then, with what other files add", async () => {
    const planned = await plan({
      alone: { maxauthtries: ["4"], port: ["2222"] },
      together: { maxauthtries: ["4"], port: ["22", "2222"] },
      places: [],
    });
    expect(planned.changes).toMatchObject([
      { what: "created", rollback: { name: "sshd" }, action: { kind: "write" } },
    ]);
    expect(planned.value).toEqual({ path, effective: { maxauthtries: "4", port: "22 2222" } });
  });

  it("fails where another file comes first, and names the line", async () => {
    const planning = plan({
      alone: { maxauthtries: ["4"], port: ["2222"] },
      together: { maxauthtries: ["6"], port: ["2222"] },
      places: [`${path}:2:MaxAuthTries 4`, "/etc/ssh/sshd_config:33:MaxAuthTries 6"],
    });
    await expect(planning).rejects.toMatchObject({
      message: "MaxAuthTries would be 6, and not 4: of several files the first one counts",
      hint: "these lines come first: /etc/ssh/sshd_config:33:MaxAuthTries 6",
    });
  });

  it("says so where no file is included", async () => {
    const planning = plan({
      alone: { maxauthtries: ["4"], port: ["2222"] },
      together: { maxauthtries: ["6"], port: ["22"] },
      places: [],
    });
    await expect(planning).rejects.toMatchObject({
      message:
        "MaxAuthTries would be 6, and not 4; Port would be 22, and not 2222: of several files the first one counts",
      hint: "/etc/ssh/sshd_config does not include /etc/ssh/sshd_config.d/*.conf",
    });
  });

  it("shows what sshd says where it refuses the file", async () => {
    await expect(plan({ refused: `${path}: line 2: Bad configuration option: Foo\n` })).rejects.toMatchObject(
      {
        message: "sshd refuses the file: nothing was changed",
        details: [`${path}: line 2: Bad configuration option: Foo`],
      },
    );
  });
});
