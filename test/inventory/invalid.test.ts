import { describe, expect, test } from "vitest";
import { failure, loadTs } from "./helpers.ts";

describe("a mistake in a TypeScript inventory", () => {
  test.each([
    // keys
    [
      "{\n host: {} }",
      `lab.ts:3: inventory: unknown key "host" (did you mean "hosts"?), expected hosts, groups, settings, vars, traffic or lab`,
    ],
    [
      "{\n hosts: {\n  web1: {},\n  web2: { user: 'x',\n   adress: '192.0.2.1' } } }",
      `lab.ts:6: host "web2": unknown key "adress" (did you mean "address"?), expected address, port, user, identityFile, ` +
        "passphrase, password, forwardAgent, knownHosts, hostKeys, jump, transport, lease, become, becomeUser, becomeMethod, becomePassword, connectTimeout or vars",
    ],
    [
      "{ groups: {\n web: {\n  chidlren: [] } } }",
      `lab.ts:4: group "web": unknown key "chidlren" (did you mean "children"?), expected hosts, children, settings, vars or priority`,
    ],
    [
      "{ groups: { web: {\n settings: {\n  prot: 1 } } } }",
      `lab.ts:4: group "web", settings: unknown key "prot" (did you mean "port"?), expected address, port, user, identityFile, ` +
        "passphrase, password, forwardAgent, knownHosts, hostKeys, jump, transport, lease, become, becomeUser, becomeMethod, becomePassword or connectTimeout",
    ],
    ["{ lab: {\n  nett: 1 } }", `lab.ts:3: lab: unknown key "nett", expected network or suite`],
    // traffic
    ["{\n traffic: {} }", "lab.ts:3: inventory, traffic: expected a list of rules, got an object"],
    [
      `{\n traffic: [{ what: 'the "shop"', from: 'all', to: 'all', ports: 80 }] }`,
      `lab.ts:3: traffic "the "shop"", what: expected a text in one line, of at most 127 bytes and without ", got "the \\"shop\\""`,
    ],
    [
      `{\n traffic: [{ what: '${"ä".repeat(64)}', from: 'all', to: 'all', ports: 80 }] }`,
      `lab.ts:3: traffic "${"ä".repeat(64)}", what: expected a text in one line, of at most 127 bytes and without ", got "${"ä".repeat(60)}…"`,
    ],
    // the line is the rule's own, of rules that are a list
    [
      "{\n traffic: [\n  { what: 'a', from: 'all', to: 'all', ports: [1, 2] },\n  { what: 'web', to: 'all' },\n] }",
      'lab.ts:5: traffic "web": expected `what`, `from` and `to`',
    ],
    [
      "{\n traffic: [\n  { what: 'a', from: 'all', to: 'all', ports: [1, 2] },\n  {\n   what: 'web',\n   form: 'all' },\n] }",
      `lab.ts:7: traffic "web": unknown key "form" (did you mean "from"?), expected what, from, to, ports or protocol`,
    ],
    [
      "{ hosts: { web1: {} },\n traffic: [\n  Object({ what: 'a', from: 'all', to: 'all', ports: [1, 2] }),\n  { what: 'pages', from: 'anywhere', to: 'web', ports: 80 }] }",
      `lab.ts:5: traffic "pages", to: no group or host matches "web" (did you mean "web1"?)`,
    ],
    // nobody can tell the place of a rule behind others that come from elsewhere
    [
      "{ hosts: { web1: {} },\n traffic: [\n  ...[{ what: 'a', from: 'all', to: 'all', ports: [1, 2] }],\n  { what: 'pages', from: 'anywhere', to: 'web', ports: 80 }] }",
      `lab.ts:3: traffic "pages", to: no group or host matches "web" (did you mean "web1"?)`,
    ],
    [
      "{ hosts: { web1: {} },\n traffic: [\n  { what: 'none', from: 'a', to: 'b', ports: 1 },\n  { what: 'pages', from: 'anywhere', to: 'web', ports: 80 }].slice(1) }",
      `lab.ts:3: traffic "pages", to: no group or host matches "web" (did you mean "web1"?)`,
    ],
    ["{\n traffic: ['web'] }", `lab.ts:3: inventory, traffic: expected a list of rules, got "web"`],
    [
      "{\n traffic: [{ what: 'web', form: 'all', to: 'all' }] }",
      `lab.ts:3: traffic "web": unknown key "form" (did you mean "from"?), expected what, from, to, ports or protocol`,
    ],
    [
      "{\n traffic: [{ what: 'web', to: 'all' }] }",
      'lab.ts:3: traffic "web": expected `what`, `from` and `to`',
    ],
    [
      "{\n traffic: [{ from: 'all', to: 'all', ports: 80 }] }",
      'lab.ts:3: traffic "1": expected `what`, `from` and `to`',
    ],
    [
      "{\n traffic: [{ what: 'web', from: 'all', to: 'all', ports: [80, 70000] }] }",
      `lab.ts:3: traffic "web", ports: expected a port from 1 to 65535, got 70000`,
    ],
    [
      "{\n traffic: [{ what: 'web', from: 'all', to: 'all' }] }",
      `lab.ts:3: traffic "web": expected the ports that are reached by tcp, got none`,
    ],
    [
      "{\n traffic: [{ what: 'peers', from: 'all', to: 'all', protocol: 'vrrp', ports: 5 }] }",
      `lab.ts:3: traffic "peers": vrrp has no ports, got some`,
    ],
    [
      "{\n traffic: [{ what: 'web', from: 'all', to: 'all', protocol: 'sctp', ports: 5 }] }",
      `lab.ts:3: traffic "web", protocol: expected "tcp", "udp" or "vrrp", got "sctp"`,
    ],
    [
      "{ hosts: { web1: {} },\n traffic: [{ what: 'pages', from: 'anywhere', to: 'web', ports: 80 }] }",
      `lab.ts:3: traffic "pages", to: no group or host matches "web" (did you mean "web1"?)`,
    ],
    [
      "{ hosts: { web1: {} },\n traffic: [{ what: 'pages', from: ['192.0.2.0/24', 'wbe1'], to: 'web1', ports: 80 }] }",
      `lab.ts:3: traffic "pages", from: no group or host matches "wbe1" (did you mean "web1"?)`,
    ],
    [
      "{\n traffic: [{ what: 'pages', from: '192.0.2.0/33', to: 'all', ports: 80 }] }",
      `lab.ts:3: traffic "pages", from: no group or host matches "192.0.2.0/33"`,
    ],
    // types
    ["[]", "lab.ts:2: inventory: expected an object, got a list"],
    ["undefined", "lab.ts:2: inventory: expected an object, got nothing"],
    ["{\n hosts: ['web1'] }", "lab.ts:3: hosts: expected an object, got a list"],
    ["{ hosts: {\n web1: 'x' } }", `lab.ts:3: host "web1": expected an object, got "x"`],
    ["{ hosts: {\n web1: { vars: 3 } } }", `lab.ts:3: host "web1", vars: expected an object, got 3`],
    [
      "{ groups: {\n web: { hosts: 'web1' } } }",
      `lab.ts:3: group "web", hosts: expected a list of names, got "web1"`,
    ],
    [
      "{ groups: {\n web: { children: [1] } } }",
      `lab.ts:3: group "web", children: expected a list of names, got 1`,
    ],
    [
      "{ groups: {\n web: { priority: 'x' } } }",
      `lab.ts:3: group "web", priority: expected a whole number, got "x"`,
    ],
    // settings
    [
      "{ hosts: { w: {\n port: 0 } } }",
      `lab.ts:3: host "w", port: expected a whole number from 1 to 65535, got 0`,
    ],
    [
      "{ hosts: { w: {\n port: '22' } } }",
      `lab.ts:3: host "w", port: expected a whole number from 1 to 65535, got "22"`,
    ],
    [
      "{ hosts: { w: {\n port: 65536 } } }",
      `lab.ts:3: host "w", port: expected a whole number from 1 to 65535, got 65536`,
    ],
    [
      "{ hosts: { w: {\n port: 1.5 } } }",
      `lab.ts:3: host "w", port: expected a whole number from 1 to 65535, got 1.5`,
    ],
    [
      "{ settings: {\n user: '-oProxyCommand=x' } }",
      `lab.ts:3: settings, user: expected text without spaces and no "-" in front, got "-oProxyCommand=x"`,
    ],
    [
      "{ settings: {\n address: '' } }",
      `lab.ts:3: settings, address: expected text without spaces and no "-" in front, got ""`,
    ],
    ["{ settings: {\n become: 'yes' } }", `lab.ts:3: settings, become: expected true or false, got "yes"`],
    [
      "{ settings: {\n password: 1234 } }",
      "lab.ts:3: settings, password: expected text or a secret, got a number",
    ],
    [
      "{ settings: {\n becomeMethod: 'runas' } }",
      `lab.ts:3: settings, becomeMethod: expected "sudo", "su" or "doas", got "runas"`,
    ],
    [
      "{ settings: {\n becomePassword: { text: 'hunter2' } } }",
      "lab.ts:3: settings, becomePassword: expected text or a secret, got an object",
    ],
    [
      "{ settings: {\n transport: 'docker' } }",
      `lab.ts:3: settings, transport: expected "ssh", "openssh", "local" or what defineTransport() makes, got "docker"`,
    ],
    [
      "{ settings: {\n hostKeys: false } }",
      `lab.ts:3: settings, hostKeys: expected "pin", "known" or "insecure", got false`,
    ],
    [
      "{ settings: {\n connectTimeout: 0 } }",
      "lab.ts:3: settings, connectTimeout: expected a number of seconds above 0, got 0",
    ],
    ...[
      "10.77.0.11:99999",
      "10.77.0.11:0",
      "a@b@c:xx",
      "@bastion",
      "[bastion]:22",
      "a,",
      "-oProxyCommand=x",
    ].map((jump): [string, string] => [
      `{ settings: {\n jump: '${jump}' } }`,
      `lab.ts:3: settings, jump: expected jump hosts as "user@host:port,…" or a list of them, got "${jump}"`,
    ]),
    [
      "{ hosts: {\n web1: {\n  jump: 'bastion,web1' } } }",
      `lab.ts:4: host "web1", jump: expected other hosts, got the host itself`,
    ],
    [
      "{ lab: {\n network: '192.0.2.0' } }",
      `lab.ts:3: lab, network: expected a network such as "192.0.2.0/24", got "192.0.2.0"`,
    ],
    [
      "{ lab: {\n suite: 'sarge' } }",
      `lab.ts:3: lab, suite: expected "bookworm", "trixie" or "sid", got "sarge"`,
    ],
    // names and ranges
    [
      "{ hosts: {\n 'web[3:1]': {} } }",
      `lab.ts:3: host "web[3:1]": "[3:1]" in "web[3:1]" is empty: 3 comes after 1`,
    ],
    ["{ hosts: {\n 'web 1': {} } }", `lab.ts:3: host "web 1": "web 1" can't be a host's name, it holds " "`],
    [
      "{ hosts: {\n 'web1:22': {} } }",
      `lab.ts:3: host "web1:22": "web1:22" can't be a host's name, it holds ":"`,
    ],
    [
      "{ hosts: {\n '-web1': {} } }",
      `lab.ts:3: host "-web1": "-web1" can't be a host's name, it starts with "-"`,
    ],
    [
      "{ hosts: {\n '../web1': {} } }",
      `lab.ts:3: host "../web1": "../web1" can't be a host's name, it holds "/"`,
    ],
    ["{ groups: {\n 'a:b': {} } }", `lab.ts:3: "a:b" can't be a group's name, it holds ":"`],
    ["{ groups: {\n '!a': {} } }", `lab.ts:3: "!a" can't be a group's name, it starts with "!"`],
    // relations
    [
      "{ hosts: { web1: {} }, groups: { web: {\n hosts: ['web1', 'wbe1'] } } }",
      `lab.ts:3: group "web" names the unknown host "wbe1" (did you mean "web1"?)`,
    ],
    [
      "{ groups: { web: {\n children: ['dbs'] }, db: {} } }",
      `lab.ts:3: group "web" names the unknown child "dbs" (did you mean "db"?)`,
    ],
    ["{ groups: { web: {\n children: ['all'] } } }", `lab.ts:3: group "web": "all" can't be a child`],
    [
      "{ groups: { web: {\n children: ['web'] } } }",
      `lab.ts:3: the groups "web" → "web" are each other's children`,
    ],
    [
      "{ groups: { x: { children: ['a'] }, a: {\n children: ['b'] }, b: {\n children: ['c'] }, c: {\n children: ['a', 'd'] }, d: {} } }",
      `lab.ts:4: the groups "b" → "c" → "a" → "b" are each other's children`,
    ],
    [
      "{ groups: { web: {\n children: ['ungrouped'] } } }",
      `lab.ts:3: "ungrouped" is the hosts that are in no group, so it has no children and is no child`,
    ],
  ])("%j is told with its line", async (definition, message) => {
    expect(await failure(() => loadTs(definition))).toBe(message);
  });

  test("is told for a host that is defined twice, with both lines", async () => {
    const told = await failure(() => loadTs("{ hosts: {\n 'web[1:3]': {},\n web2: {} } }"));
    expect(told).toMatch(/^lab.ts:4: host "web2" is defined twice: again, first at .*lab\.ts:3$/);
    const other = await failure(() => loadTs("{ hosts: {\n web2: {},\n 'web[1:3]': {} } }"));
    expect(other).toMatch(
      /^lab.ts:4: host "web2" is defined twice: again by "web\[1:3\]", first at .*lab\.ts:3$/,
    );
  });

  test.each([
    ["{ hosts: { web1: { ansible_host: '192.0.2.1' } } }", "ansible_host", "address"],
    ["{ hosts: { web1: { connection: 'local' } } }", "connection", "transport"],
    ["{ settings: { private_key_file: 'key' } }", "private_key_file", "identityFile"],
  ])("hints at the setting that Ansible's name stands for: %s", async (definition, name, setting) => {
    await expect(loadTs(definition)).rejects.toMatchObject({
      code: "inventory.invalid",
      message: expect.stringContaining(`unknown key "${name}"`),
      hint: `What is "${name}" in Ansible is "${setting}" here.`,
    });
  });

  test("hints at children where a group is named as a host", async () => {
    await expect(loadTs("{ groups: { web: { hosts: ['db'] }, db: {} } }")).rejects.toMatchObject({
      code: "inventory.invalid",
      exitCode: 5,
      hint: `"db" is a group: name it in children.`,
    });
  });
});
