import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadInventory } from "../../src/inventory/index.ts";
import { failure, folder, importModule, load, loadYaml, namesOf, place } from "./helpers.ts";

const example = `
all:
  hosts:
    mail.example.com:
  vars:
    ntp: pool.example.com
    colour: all
  children:
    web:
      hosts:
        web[01:02]:
          rack: 7
        web03:
          colour: host
      vars:
        colour: web
        enabled: yes
    db:
      hosts:
        db1:
          ansible_host: 192.0.2.20
          ansible_port: 2222
          ansible_user: admin
          ansible_ssh_private_key_file: ~/.ssh/db
          ansible_connection: ssh
          ansible_password: hunter2
          ansible_become: true
          ansible_become_user: root
          ansible_become_pass: 1234
          ansible_timeout: 5
          ansible_python_interpreter: /usr/bin/python3
    prod:
      children:
        web:
        db:
`;

describe("a YAML inventory", () => {
  test("has its hosts in the order of the file, and its groups", async () => {
    const made = await loadYaml(example);
    expect([...made.hosts.keys()]).toEqual(["mail.example.com", "web01", "web02", "web03", "db1"]);
    expect([...made.groups.keys()]).toEqual(["all", "ungrouped", "web", "db", "prod"]);
    expect(namesOf(made.group("prod"))).toEqual(["web01", "web02", "web03", "db1"]);
    expect(made.host("web01").groups).toEqual(["all", "prod", "web"]);
    expect(made.host("mail.example.com").groups).toEqual(["all", "ungrouped"]);
  });

  test("merges variables as Ansible does, and knows where each was written", async () => {
    const made = await loadYaml(example);
    const where = (host: string, name: string) => place(made.host(host).varLocation(name));
    expect(made.host("web01").vars).toEqual({
      ntp: "pool.example.com",
      colour: "web",
      enabled: true,
      rack: 7,
    });
    expect(made.host("web03").vars.colour).toBe("host");
    expect(where("web01", "ntp")).toBe("hosts.yml:6:5");
    expect(where("web01", "colour")).toBe("hosts.yml:16:9");
    expect(where("web03", "colour")).toBe("hosts.yml:14:11");
    expect(where("mail.example.com", "colour")).toBe("hosts.yml:7:5");
    expect(where("web01", "nothing")).toBeUndefined();
    expect(place(made.host("web02").location)).toBe("hosts.yml:11:9");
    expect(place(made.groups.get("db")?.location)).toBe("hosts.yml:18:5");
  });

  test.each([
    ["-J jump@bastion", { jump: "jump@bastion" }],
    [`-o ProxyCommand="ssh -W %h:%p -q jump@bastion"`, { jump: "jump@bastion" }],
    [`-o 'ProxyCommand ssh -q -p 2222 bastion -W "%h:%p"'`, { jump: "bastion:2222" }],
    ["-o ProxyJump=a,b -o ForwardAgent=yes", { jump: "a,b", forwardAgent: true }],
    [`-o "ProxyJump bastion" -C -oControlMaster=auto -o ControlPersist=60s`, { jump: "bastion" }],
    [
      "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -A",
      { hostKeys: "insecure", forwardAgent: true },
    ],
    ["-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no", { hostKeys: "insecure" }],
    [
      "-oStrictHostKeyChecking=accept-new -o UserKnownHostsFile=~/known",
      { hostKeys: "pin", knownHosts: "~/known" },
    ],
    ["", {}],
  ])("takes the settings of ssh's options %j", async (args, settings) => {
    const made = await loadYaml(
      `all:\n  hosts:\n    a:\n      ansible_ssh_common_args: ${JSON.stringify(args)}\n`,
    );
    expect(made.host("a").settings).toEqual(settings);
  });

  test.each([
    ["ansible_ssh_common_args: -o ProxyCommand=nc", '"proxycommand nc" is not understood'],
    [
      'ansible_ssh_common_args: -o ProxyCommand="ssh -W %h:%p -i key bastion"',
      '"proxycommand ssh -W %h:%p -i key bastion" is not understood',
    ],
    [
      'ansible_ssh_common_args: -o ProxyCommand="ssh bastion nc %h %p"',
      '"proxycommand ssh bastion nc %h %p" is not understood',
    ],
    ["ansible_ssh_extra_args: -C -4", '"-4" is not understood'],
    ["ansible_ssh_args: -o UserKnownHostsFile=/dev/null", '"userknownhostsfile /dev/null" is not understood'],
    [
      "ansible_conection: local",
      'unknown connection variable "ansible_conection" (did you mean "ansible_connection"?)',
    ],
    ["ansible_prot: 23", '(did you mean "ansible_port"?)'],
    ["ansible_becom: true", '(did you mean "ansible_become"?)'],
    ["ansible_become_exe: /opt/sudo", "ansible_become_exe is not supported"],
    ["ansible_sudo_pass: x", "ansible_sudo_pass is not supported"],
    ["ansible_docker_host: x", "ansible_docker_host is not supported"],
  ])("refuses %j, which would be reached in another way than it says", async (line, message) => {
    const error = await failure(() => loadYaml(`all:\n  hosts:\n    a:\n      ${line}\n`));
    expect(error).toContain(message);
    expect(error).toMatch(/hosts\.yml:4:/);
  });

  test("leaves Ansible's variables that change nothing here what they are", async () => {
    const made = await loadYaml(
      "all:\n  hosts:\n    a:\n      ansible_python_interpreter: auto\n      ansible_pipelining: true\n      ansible_colour: red\n",
    );
    expect(made.host("a").vars).toEqual({
      ansible_python_interpreter: "auto",
      ansible_pipelining: true,
      ansible_colour: "red",
    });
  });

  test("reads connection variables as settings, and keeps them but passwords as variables", async () => {
    const host = (await loadYaml(example)).host("db1");
    expect(host).toMatchObject({ address: "192.0.2.20", port: 2222, user: "admin" });
    expect(host.settings).toEqual({
      address: "192.0.2.20",
      port: 2222,
      user: "admin",
      identityFile: "~/.ssh/db",
      transport: "ssh",
      password: "hunter2",
      become: true,
      becomeUser: "root",
      becomePassword: "1234",
      connectTimeout: 5,
    });
    expect(host.vars).toMatchObject({
      ansible_host: "192.0.2.20",
      ansible_python_interpreter: "/usr/bin/python3",
    });
    expect(JSON.stringify(host.vars)).not.toMatch(/hunter2|1234/);
  });

  test.each<[string, string, object]>([
    ["ansible_connection", "local", { transport: "local" }],
    ["ansible_connection", "paramiko", { transport: "ssh" }],
    ["ansible_connection", "openssh", { transport: "openssh" }],
    ["ansible_ssh_host", "192.0.2.1", { address: "192.0.2.1" }],
    ["ansible_ssh_pass", "x", { password: "x" }],
    ["ansible_become", "'yes'", { become: true }],
    ["ansible_become", "off", { become: false }],
    ["ansible_become_method", "su", { becomeMethod: "su" }],
    ["ansible_become_method", "community.general.doas", { becomeMethod: "doas" }],
    ["ansible_port", "'2222'", { port: 2222 }],
    ["ansible_user", "1000", { user: "1000" }],
    ["ansible_user", "", {}],
  ])("reads %s: %s", async (name, value, settings) => {
    const made = await loadYaml(
      `all: {vars: {ansible_foo: 1}, hosts: {h: }}\nweb:\n  hosts:\n    h:\n      ${name}: ${value}`,
    );
    expect(made.host("h").settings).toEqual(settings);
  });

  test.each<[string, string, string[]]>([
    ["groups at the top", "web:\n  hosts:\n    a:\ndb:\n  hosts:\n    b:", ["a", "b"]],
    ["a host alone without a colon", "web:\n  hosts: a\n", ["a"]],
    ["ungrouped written out", "all:\n  children:\n    ungrouped:\n      hosts:\n        a:", ["a"]],
    ["numbers as names", "web:\n  hosts:\n    192.0.2.1:\n    7:\n    '007':", ["192.0.2.1", "7", "007"]],
    ["empty parts", "all:\n  hosts:\n    a:\n  vars:\n  children:\n    web:\n", ["a"]],
    ["an IPv6 address", "all:\n  hosts:\n    fe80::1:\n", ["fe80::1"]],
  ])("may have %s", async (_, text, hosts) => {
    expect([...(await loadYaml(text)).hosts.keys()]).toEqual(hosts);
  });

  test("may give a port behind a host's name", async () => {
    const made = await loadYaml(`all:\n  hosts:\n    web[1:2]:2222:\n    "[fe80::1]:2200":\n`);
    expect([...made.hosts.values()].map(({ name, port }) => [name, port])).toEqual([
      ["web1", 2222],
      ["web2", 2222],
      ["fe80::1", 2200],
    ]);
  });

  test("may write a host under several groups, whose variables add up", async () => {
    const made = await loadYaml(
      "a:\n  hosts:\n    h: {x: 1, y: 1}\nb:\n  hosts:\n    h: {y: 2}\nc:\n  hosts:\n    h:\n",
    );
    expect(made.host("h").vars).toEqual({ x: 1, y: 2 });
    expect(made.host("h").groups).toEqual(["all", "a", "b", "c"]);
    expect(place(made.host("h").varLocation("x"))).toBe("hosts.yml:3:9");
    expect(place(made.host("h").varLocation("y"))).toBe("hosts.yml:6:9");
  });

  test("honours ansible_group_priority", async () => {
    const made = await loadYaml(
      "a:\n  hosts: h\n  vars: {x: a, ansible_group_priority: 10}\nb:\n  hosts: h\n  vars: {x: b}\n",
    );
    expect(made.host("h").vars).toEqual({ x: "a" });
    expect(made.groups.get("a")?.priority).toBe(10);
  });

  test("reads its scalars as Ansible does", async () => {
    const made = await loadYaml(
      `all:
  hosts: h
  vars:
    yes_no: [yes, no, on, off, y, n]
    mode: 0644
    not_octal: 08
    time: 12:30
    date: 2024-01-02
    raw: !unsafe "{{ x }}"
    token: 83912e47
    account: e123456
    pin: "12345678901234567890"
    numbers: [1_000, 0x1F, 0b101, 1.5, .5e-1, 1:30.5]
    texts: [1e3, 0o17, +.5, "yes", '22:30', 0:30]
    base: &base {a: 1, b: 1}
    merged: {<<: *base, b: 2}
    same: *base
`,
    );
    expect(made.host("h").vars).toEqual({
      yes_no: [true, false, true, false, "y", "n"],
      mode: 0o644,
      not_octal: "08",
      time: 750,
      date: "2024-01-02",
      raw: "{{ x }}",
      token: "83912e47",
      account: "e123456",
      pin: "12345678901234567890",
      numbers: [1000, 31, 5, 1.5, 0.05, 90.5],
      texts: ["1e3", "0o17", "+.5", "yes", "22:30", "0:30"],
      base: { a: 1, b: 1 },
      merged: { a: 1, b: 2 },
      same: { a: 1, b: 1 },
    });
  });

  test.each([
    ["pin: 12345678901234567890", 10, "an integer beyond 9007199254740991 (2^53 - 1) would be rounded here"],
    ["php: 8.0", 10, "Ansible writes this number with .0 at its end, here it would be written without"],
    ["limit: .inf", 12, "Ansible writes this number in another form than it would be written here"],
    [
      "at: 2024-01-02T10:00:00Z",
      9,
      "this is a point in time to Ansible, which would write it in another form",
    ],
    ["on_day: 2023-02-29", 13, "this looks like a date, but there is no such date"],
    ["sign: =", 11, "= can't stand by itself in YAML"],
    ["on: push", 5, "the key on is the truth value true to Ansible"],
  ])(
    "refuses %j, which can't be had here as Ansible has it, and says what to write",
    async (line, column, message) => {
      const load = () => loadYaml(`all:\n  vars:\n    ${line}\n`);
      expect(await failure(load)).toBe(`hosts.yml:3:${column}: ${message}`);
      await expect(load()).rejects.toMatchObject({
        hint: expect.stringMatching(/^Put (?:it|the key) in quotes/),
      });
      // a list's items and the values of vars files are no different
      expect(await failure(() => loadYaml("all: {}", { "group_vars/all.yml": `x:\n- ${line}\n` }))).toBe(
        `group_vars/all.yml:2:${column - 2}: ${message}`,
      );
    },
  );

  test("reads merge keys in variables and hosts", async () => {
    const made = await loadYaml(
      `all:
  vars: &defaults
    x: 1
    ansible_user: admin
web:
  hosts:
    a:
      <<: *defaults
      x: 2
    b:
      <<: [{x: 3}, *defaults]
`,
    );
    expect(made.host("a").vars).toEqual({ x: 2, ansible_user: "admin" });
    expect(made.host("b").vars).toEqual({ x: 3, ansible_user: "admin" });
    expect(place(made.host("a").varLocation("ansible_user"))).toBe("hosts.yml:4:5");
  });
});

describe("group_vars and host_vars", () => {
  const hosts = `
all:
  vars: {v: file-all, ansible_user: file}
  children:
    web:
      vars: {v: file-web}
      children:
        deep:
          vars: {v: file-deep}
          hosts:
            h: {}
            own: {v: file-host}
`;
  test.each<[string, Record<string, string>, string, string]>([
    ["nothing", {}, "file-deep", "hosts.yml:9:18"],
    ["group_vars/all", { "group_vars/all.yml": "v: all" }, "all", "group_vars/all.yml:1:1"],
    [
      "a group's over all's",
      { "group_vars/all.yml": "v: all", "group_vars/web.yaml": "\nv: web" },
      "web",
      "group_vars/web.yaml:2:1",
    ],
    [
      "a child's over a parent's",
      { "group_vars/web.yml": "v: web", "group_vars/deep.yml": "v: deep" },
      "deep",
      "group_vars/deep.yml:1:1",
    ],
    [
      "host_vars",
      { "group_vars/deep.yml": "v: deep", "host_vars/h.yml": "v: h" },
      "h",
      "host_vars/h.yml:1:1",
    ],
    [
      "the last of a folder",
      { "group_vars/all/a.yml": "v: a", "group_vars/all/b.yml": "v: b" },
      "b",
      "group_vars/all/b.yml:1:1",
    ],
    [
      "folders below a folder",
      { "group_vars/all/a.yml": "v: a", "group_vars/all/c/d.yml": "v: d" },
      "d",
      "group_vars/all/c/d.yml:1:1",
    ],
    [
      "the folder and not the file",
      { "group_vars/all/a.yml": "v: a", "group_vars/all.yml": "v: all" },
      "a",
      "group_vars/all/a.yml:1:1",
    ],
    [
      "yml and not yaml",
      { "group_vars/all.yaml": "v: yaml", "group_vars/all.yml": "v: yml" },
      "yml",
      "group_vars/all.yml:1:1",
    ],
    ["a file without an ending", { "group_vars/all": "v: plain" }, "plain", "group_vars/all:1:1"],
    [
      "no hidden files, backups or others",
      {
        "group_vars/all/a.yml": "v: a",
        "group_vars/all/.b.yml": "v: b",
        "group_vars/all/c.yml~": "v: c",
        "group_vars/all/d.txt": "v: d",
      },
      "a",
      "group_vars/all/a.yml:1:1",
    ],
    ["an empty file says nothing", { "group_vars/deep.yml": "# later\n" }, "file-deep", "hosts.yml:9:18"],
    [
      "files of others are left alone",
      { "group_vars/other.yml": "v: [", "host_vars/x.yml": "v: x" },
      "file-deep",
      "hosts.yml:9:18",
    ],
  ])("%s", async (_, files, value, where) => {
    const host = (await loadYaml(hosts, files)).host("h");
    expect(host.vars.v).toBe(value);
    expect(place(host.varLocation("v"))).toBe(where);
  });

  test("of groups lose against the host in the inventory, of the host win", async () => {
    const files = { "group_vars/deep.yml": "v: deep" };
    expect((await loadYaml(hosts, files)).host("own").vars.v).toBe("file-host");
    const more = { ...files, "host_vars/own.yml": "v: own" };
    expect((await loadYaml(hosts, more)).host("own").vars.v).toBe("own");
  });

  test("may hold connection variables, and reach the implicit localhost from all", async () => {
    const made = await loadYaml(hosts, {
      "group_vars/all.yml": "ansible_user: vars",
      "host_vars/h.yml": "ansible_port: 23",
    });
    expect(made.host("h")).toMatchObject({ user: "vars", port: 23 });
    expect(made.select("localhost")[0]?.user).toBe("vars");
  });

  test("are told with their own file and line", async () => {
    const port = { "host_vars/h.yml": "# x\nansible_port: many\n" };
    expect(await failure(() => loadYaml(hosts, port))).toBe(
      `host_vars/h.yml:2:15: variables, ansible_port: expected a whole number from 1 to 65535, got "many"`,
    );
    expect(await failure(() => loadYaml(hosts, { "group_vars/all.yml": "- v" }))).toBe(
      "group_vars/all.yml:1:1: expected variables as a mapping, got a list",
    );
  });
});

describe("a file that is not UTF-8", () => {
  const latin1 = Buffer.from("all:\n  vars:\n    motto: caf\xe9\n", "latin1");

  test("is refused with its line and byte: as an inventory, and as variables", async () => {
    const root = folder({ "hosts.yml": "all:\n  hosts:\n    web1:\n" });
    const hosts = join(root, "hosts.yml");
    mkdirSync(join(root, "host_vars"));
    writeFileSync(join(root, "host_vars/web1.yml"), latin1);
    const read = () => loadInventory(hosts, importModule);
    expect(await failure(read)).toBe("host_vars/web1.yml:3: the file is not UTF-8: byte 27 is 0xE9");
    writeFileSync(hosts, latin1);
    expect(await failure(read)).toBe("hosts.yml:3: the file is not UTF-8: byte 27 is 0xE9");
    await expect(read()).rejects.toMatchObject({ hint: expect.stringContaining("iconv") });
  });
});

describe("a mistake in a YAML inventory", () => {
  test.each([
    ["", "hosts.yml:1:1: the inventory is empty"],
    ["- web1", "hosts.yml:1:1: inventory: expected a mapping of groups, got a list"],
    [
      "plugin: aws_ec2\nregions: []",
      "hosts.yml:1:1: this is the configuration of an inventory plugin, and no inventory",
    ],
    ["all:\n  hosts:\n    web1: [\n", /^hosts\.yml:4:1: Flow sequence in block collection must be/],
    ["all:\n\thosts:", /^hosts\.yml:2:1: /],
    [
      "all:\n  hosts:\n    web1:\n      ansible_host: 192.0.2.1\n\n       ansible_port: 22",
      "hosts.yml:6:8: this line is indented deeper than the one before it, which has its value already",
    ],
    [
      "all:\n  vars:\n    motto: there: there",
      'hosts.yml:3:12: a value with ": " in it must stand in quotes',
    ],
    [
      "all:\n  hosts:\n    web1:\n      a:1\n      b: 2",
      /^hosts\.yml:4:7: expected "name: value", with a space/,
    ],
    ["all:\n  vars:\n    at: @me", /^hosts\.yml:3:9: Plain value cannot start with reserved character @/],
    [
      "all:\n  host:\n    web1:",
      `hosts.yml:2:3: group "all": unknown key "host" (did you mean "hosts"?), expected hosts, children or vars`,
    ],
    ["all:\n  hosts:\n    - web1", `hosts.yml:3:5: group "all", hosts: expected a mapping, got a list`],
    ["web:\n  web1:", `hosts.yml:2:3: group "web": unknown key "web1", expected hosts, children or vars`],
    ["hosts:\n  web1:", `hosts.yml:2:3: group "hosts": unknown key "web1", expected hosts, children or vars`],
    ["all: web1", `hosts.yml:1:6: group "all": expected a mapping, got text`],
    ["all:\n  vars: [a]", `hosts.yml:2:9: group "all", vars: expected a mapping, got a list`],
    ["all:\n  hosts:\n    web1: down", `hosts.yml:3:11: host "web1": expected a mapping, got text`],
    [
      "all:\n  hosts:\n    web1:\n    web1:",
      /^hosts\.yml:4:5: the key "web1" is written twice, first at .*hosts\.yml:3:5$/,
    ],
    [
      "all:\n  vars:\n    a: {b: 1, b: 2}",
      /^hosts\.yml:3:15: the key "b" is written twice, first at .*hosts\.yml:3:9$/,
    ],
    [
      "all:\n  hosts:\n    web[3:1]:",
      `hosts.yml:3:5: host "web[3:1]": "[3:1]" in "web[3:1]" is empty: 3 comes after 1`,
    ],
    [
      "all:\n  hosts:\n    web1:\n      ansible_port: 70000",
      `hosts.yml:4:21: host "web1", ansible_port: expected a whole number from 1 to 65535, got 70000`,
    ],
    [
      "all:\n  hosts:\n    web1:\n      ansible_connection: winrm",
      `hosts.yml:4:27: host "web1", ansible_connection: expected "ssh", "openssh" or "local", got "winrm"`,
    ],
    [
      "all:\n  vars:\n    ansible_become: maybe",
      `hosts.yml:3:21: group "all", ansible_become: expected true or false, got "maybe"`,
    ],
    [
      "all:\n  vars:\n    ansible_password: [hunter2]",
      `hosts.yml:3:23: group "all", ansible_password: expected text or a secret, got a list`,
    ],
    [
      "all:\n  vars:\n    ansible_host: '{{ ip }}'",
      `hosts.yml:3:5: group "all", ansible_host: a template can't be used in an inventory`,
    ],
    [
      "all:\n  vars:\n    key: !vault |\n      $ANSIBLE_VAULT;1.1",
      "hosts.yml:3:17: expected text encrypted with Ansible Vault, which begins with $ANSIBLE_VAULT",
    ],
    ["$ANSIBLE_VAULT;1.1;AES256\n6132", "hosts.yml:1: the encrypted text is damaged or cut off"],
    ["all:\n  vars:\n    key: !secret x", /^hosts\.yml:3:10: the tag !secret is not supported/],
    [
      "a:\n  vars: {ansible_group_priority: high}",
      `hosts.yml:2:10: group "a", ansible_group_priority: expected a whole number, got "high"`,
    ],
    [
      "a:\n  children:\n    b:\nb:\n  children:\n    a:",
      `hosts.yml:5:3: the groups "b" → "a" → "b" are each other's children`,
    ],
    ["a: &a\n  children:\n    b: *a", `hosts.yml:3:8: "*a" stands for what it is a part of`],
    ["a:\n  vars: {x: *nowhere}", `hosts.yml:2:13: there is no anchor "&nowhere" before it`],
    ["a b:\n  hosts:", `hosts.yml:1:1: "a b" can't be a group's name, it holds " "`],
    ["? [a]\n: b", "hosts.yml:1:3: expected a name as the key"],
  ])("%j is told with line and column", async (text, message) => {
    const told = await failure(() => loadYaml(text));
    if (typeof message === "string") expect(told).toBe(message);
    else expect(told).toMatch(message);
  });
});

test("a YAML inventory of thousands of hosts takes little work", async () => {
  const lines = Array.from(
    { length: 5000 },
    (_, i) => `    web${i}:\n      ansible_host: 192.0.2.${i % 250}\n      i: ${i}\n`,
  );
  const root = folder({ "hosts.yml": `web:\n  hosts:\n${lines.join("")}`, "group_vars/all.yml": "x: 1" });
  await load({ "hosts.yml": "all: {hosts: {h: }}" });
  // the work of this process alone: how busy the machine is does not matter
  const begin = process.cpuUsage();
  const made = await loadInventory(join(root, "hosts.yml"), importModule);
  expect(made.select("web")).toHaveLength(5000);
  expect(process.cpuUsage(begin).user).toBeLessThan(4_000_000);
});
