import { type FileState, file, fileContent, fileHash, fileText } from "../../src/facts/files.ts";
import { linkRefusal } from "../../src/facts/followable.ts";
import { self } from "../../src/facts/self.ts";
import { groupExists, userAttribute, userExists } from "../../src/facts/users.ts";
import { authorizedKey } from "../../src/modules/users/authorized-key.ts";
import { cases } from "../../src/testing/index.ts";

const home = "/home/ann";
const ssh = `${home}/.ssh`;
const path = `${ssh}/authorized_keys`;
const one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOne ann@laptop";
const two = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYTwo= ann@desk";
const other = 'from="10.0.0.1 \\" x",no-pty ssh-rsa AAAAB3NzaC1yc2EAAAADAQABOther bob';
const bare = (line: string) => line.split(" ").slice(0, 2).join(" ");

const annsOwn = { owner: "ann", group: "ann" };
const state = (at: string, type: "file" | "directory", mode: string) =>
  file.is(at, { type, mode, ...annsOwn });
/** What a host is to say where the file holds this; undefined: where there is no such file. */
const holds = (text: string | undefined, at = path) => [
  text === undefined ? file.is(at, { type: "absent" }) : state(at, "file", "0600"),
  fileContent.is(at, text === undefined ? undefined : Buffer.from(text)),
  fileText.is(at, text),
  fileHash.is(at, text === undefined ? undefined : "of what is there"),
];
const directory = state(ssh, "directory", "0700");
const noDirectory: FileState = { type: "absent" };

const make = "install -d -m 700 -o ann -g ann /home/ann/.ssh";
const install = (text: string, at = path) =>
  `${make}; cat >${at} <<'END'\n${text}END\nchmod 600 ${at}; chown ann:ann ${at}`;
const ends = (text: string, at = path) => [
  fileText.is(at, text),
  `[ "$(stat -c '%a %U %G' ${at})" = '600 ann ann' ]`,
];

export default cases(
  authorizedKey,
  [
    {
      name: "makes the directory and the file",
      params: { user: "ann", key: one },
      facts: [file.is(ssh, noDirectory), ...holds(undefined)],
      start: "",
      changes: ["created", "created"],
      end: [...ends(`${one}\n`), `[ "$(stat -c '%a %U %G' ${ssh})" = '700 ann ann' ]`],
    },
    {
      name: "adds a key to others, behind a line that does not end",
      params: { user: "ann", key: one },
      facts: [directory, ...holds(`# mine\n${other}`)],
      start: `${make}; printf '%s' '# mine\n${other}' >${path}; chmod 600 ${path}; chown ann:ann ${path}`,
      changes: ["content"],
      end: ends(`# mine\n${other}\n${one}\n`),
    },
    {
      name: "adds several keys in one text, and those of a list",
      params: { user: "ann", key: [`# of Ann\n${one}\n\n${two}\n`, other] },
      facts: [directory, ...holds(`${two}\n`)],
      start: install(`${two}\n`),
      changes: ["content"],
      end: ends(`${two}\n${one}\n${other}\n`),
    },
    {
      name: "leaves a key alone that has another comment",
      params: { user: "ann", key: `${bare(one)} somebody else` },
      facts: [directory, ...holds(`${one}\n${other}\n`)],
      start: install(`${one}\n${other}\n`),
      changes: [],
      end: ends(`${one}\n${other}\n`),
    },
    {
      name: "gives a key another comment",
      params: { user: "ann", key: one, comment: " Ann's own " },
      facts: [directory, ...holds(`${one}\n${other}\n`)],
      start: install(`${one}\n${other}\n`),
      changes: ["content"],
      end: ends(`${bare(one)} Ann's own\n${other}\n`),
    },
    {
      name: "gives a key options, and keeps its comment",
      params: { user: "ann", key: bare(one), keyOptions: 'command="ls -l",no-pty' },
      facts: [directory, ...holds(`${one}\n`)],
      start: install(`${one}\n`),
      changes: ["content"],
      end: ends(`command="ls -l",no-pty ${one}\n`),
    },
    {
      name: "takes options from a key that is to have none",
      params: { user: "ann", key: one },
      facts: [directory, ...holds(`no-pty ${one}\n`)],
      start: install(`no-pty ${one}\n`),
      changes: ["content"],
      end: ends(`${one}\n`),
    },
    {
      name: "has one line for a key that has two",
      params: { user: "ann", key: one, keyOptions: "restrict" },
      facts: [directory, ...holds(`restrict ${one}\n${other}\n${one}\n`)],
      start: install(`restrict ${one}\n${other}\n${one}\n`),
      changes: ["content"],
      end: ends(`restrict ${one}\n${other}\n`),
    },
    {
      name: "removes all other keys, and leaves comments",
      params: { user: "ann", key: one, exclusive: true },
      facts: [directory, ...holds(`# mine\n${other}\n\n${one}\nwhat sshd may understand\n${two}\n`)],
      start: install(`# mine\n${other}\n\n${one}\nwhat sshd may understand\n${two}\n`),
      changes: ["content"],
      end: ends(`# mine\n\n${one}\n`),
    },
    {
      name: "removes a key, whatever its options, and leaves the others",
      params: { user: "ann", key: bare(one), state: "absent" },
      facts: [directory, ...holds(`${other}\nno-pty ${one}\n# ${one}\n`)],
      start: install(`${other}\nno-pty ${one}\n# ${one}\n`),
      changes: ["content"],
      end: ends(`${other}\n# ${one}\n`),
    },
    {
      name: "has nothing to remove",
      params: { user: "ann", key: one, state: "absent" },
      facts: [directory, ...holds(`${other}\n`)],
      start: install(`${other}\n`),
      changes: [],
    },
    {
      name: "has nothing to remove where there is no file",
      params: { user: "ann", key: one, state: "absent" },
      facts: [file.is(ssh, noDirectory), ...holds(undefined)],
      start: "",
      changes: [],
      end: `! test -e ${ssh}`,
    },
    {
      name: "corrects owner and mode of the directory and of the file",
      params: { user: "ann", key: one },
      facts: [
        file.is(ssh, { type: "directory", mode: "0755", owner: "root", group: "root" }),
        ...holds(`${one}\n`),
        file.is(path, { type: "file", mode: "0644", owner: "root", group: "root" }),
      ],
      start: `install -d -m 755 ${ssh}; echo '${one}' >${path}`,
      changes: ["owner and group", "mode", "owner and group", "mode"],
      end: [...ends(`${one}\n`), `[ "$(stat -c '%a %U %G' ${ssh})" = '700 ann ann' ]`],
    },
    {
      name: "writes another file, in a directory of root's",
      params: { user: "ann", key: one, path: "/etc/ssh/keys/ann" },
      facts: [
        file.is("/etc/ssh/keys", { type: "directory", mode: "0755", owner: "root", group: "root" }),
        ...holds(undefined, "/etc/ssh/keys/ann"),
      ],
      start: "mkdir -p /etc/ssh/keys",
      changes: ["created"],
      end: [...ends(`${one}\n`, "/etc/ssh/keys/ann"), `! test -e ${ssh}`],
    },
    {
      name: "follows a link of the user's to what is the user's own",
      params: { user: "ann", key: one },
      start: `su ann -c 'mkdir -p ${home}/dot && ln -s dot ${ssh} && echo "${two}" >${home}/dot/keys && ln -s keys ${path}'
chmod 700 ${home}/dot; chmod 600 ${home}/dot/keys`,
      changes: ["content"],
      end: [...ends(`${two}\n${one}\n`, `${home}/dot/keys`), `test -L ${ssh}`, `test -L ${path}`],
    },
    {
      name: "follows no link of the user's to a directory of root's",
      params: { user: "ann", key: one },
      facts: [
        file.is(ssh, { type: "link", target: "/root/.ssh", ...annsOwn }),
        ...holds(undefined),
        file.is("/root/.ssh", { type: "directory", mode: "0755", owner: "root", group: "root" }),
        linkRefusal.is({ path: ssh, target: "/root/.ssh" }, "leads to /root, which is not theirs"),
      ],
      start: `su ann -c 'ln -s /root/.ssh ${ssh}'`,
      changes: [],
      fails: /leads to .*, which is not theirs/,
    },
    {
      name: "follows no link of the user's to a file of root's",
      params: { user: "ann", key: one },
      start: `${make}; su ann -c 'ln -s /root/.ssh/authorized_keys ${path}'`,
      changes: [],
      fails: /leads to .*, which is not theirs/,
    },
    {
      name: "removes nothing from a file of root's, either",
      params: { user: "ann", key: one, state: "absent" },
      start: `mkdir /root/.ssh; echo '${one}' >/root/.ssh/authorized_keys; su ann -c 'ln -s /root/.ssh ${ssh}'`,
      changes: ["content"],
      plan: "changed",
      fails: /leads to .*, which is not theirs/,
    },
    {
      name: "says that there is no such user",
      params: { user: "carla", key: one },
      facts: [
        userExists.is("carla", false),
        userAttribute.is({ user: "carla", attribute: "home" }, undefined),
        userAttribute.is({ user: "carla", attribute: "group" }, undefined),
      ],
      start: "",
      changes: [],
      fails: /there is no user carla.*user\(/,
    },
    {
      name: "makes no home",
      params: { user: "ann", key: one },
      facts: [file.is(home, { type: "absent" }), file.is(ssh, noDirectory), ...holds(undefined)],
      start: `rm -r ${home}`,
      changes: [],
      fails: "there is no directory /home/ann",
    },
    {
      name: "takes nothing for a key that is none",
      params: { user: "ann", key: `${one}\n-----BEGIN OPENSSH PRIVATE KEY-----` },
      facts: [],
      changes: [],
      fails: 'expected a line of a .pub file, got "-----BEGIN O…"',
    },
    {
      name: "takes at least one key",
      params: { user: "ann", key: ["# none\n", ""], exclusive: true },
      facts: [],
      changes: [],
      fails: "expected a public key, got none",
    },
    {
      name: "takes no options that would end before the key",
      params: { user: "ann", key: one, keyOptions: "no-pty, no-x11-forwarding" },
      facts: [],
      changes: [],
      fails: /keyOptions: .*can't precede a key.*double quotes/s,
    },
    {
      name: "has no options for a key that is to go",
      params: { user: "ann", key: one, keyOptions: "no-pty", state: "absent" },
      facts: [],
      changes: [],
      fails: '`keyOptions` goes with `state: "present"` only',
    },
  ],
  {
    facts: [
      self.is("", { user: "root", group: "root" }),
      userExists.is("ann", true),
      groupExists.is("ann", true),
      userAttribute.is({ user: "ann", attribute: "home" }, home),
      userAttribute.is({ user: "ann", attribute: "group" }, "ann"),
      state(home, "directory", "0755"),
      file.is("/home", { type: "directory", mode: "0755", owner: "root", group: "root" }),
    ],
    setup: "id ann >/dev/null || useradd -m ann",
    reset: `rm -rf ${ssh} ${home}/dot /etc/ssh/keys /root/.ssh; install -d -o ann -g ann ${home}`,
  },
);
