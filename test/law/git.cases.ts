import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyDirectory } from "../../src/facts/file-tree.ts";
import { type FileState, file } from "../../src/facts/files.ts";
import { type Checkout, gitCheckout, gitRemote } from "../../src/facts/git.ts";
import { self } from "../../src/facts/self.ts";
import { secret } from "../../src/kit/index.ts";
import { git } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";

const dest = "/srv/checkout";
const repo = "git://127.0.0.1/app.git";
const one = "1".repeat(40);
const two = "2".repeat(40);
const tag = "3".repeat(40);

const absent: FileState = { type: "absent" };
const directory: FileState = { type: "directory", mode: "0755", owner: "root", group: "root" };
const program: FileState = { type: "file", mode: "0755", owner: "root", group: "root" };

const stands = (now: Partial<Checkout> = {}) => [
  file.is(dest, directory),
  emptyDirectory.is(dest, false),
  gitCheckout.is(
    { path: dest, submodules: true },
    { commit: one, url: repo, modified: [], submodules: [], isUnfinished: false, ...now },
  ),
];
const nothing = [file.is(dest, absent), emptyDirectory.is(dest, true)];
const answers = (version: string, refs: Readonly<Record<string, string>>) =>
  gitRemote.is({ url: repo, version }, { refs });
/** A pair of keys, made for this process. */
function keys() {
  const folder = mkdtempSync(join(tmpdir(), "git-cases-"));
  const path = join(folder, "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "law", "-f", path]);
  const pair = { secret: readFileSync(path, "utf8"), open: readFileSync(`${path}.pub`, "utf8").trim() };
  rmSync(folder, { recursive: true });
  return pair;
}
const deploy = keys();
const host = keys();
const knownHosts = `[127.0.0.1]:2256 ${host.open}\n`;
const byKey = { repo: "ssh://gitlaw@127.0.0.1:2256/srv/repos/key.git", dest, knownHosts };
const deployKey = secret`${deploy.secret}`;

const clone = `git clone -q ${repo} ${dest}`;
const has = (line: string) => [
  `[ "$(cat ${dest}/file)" = ${line} ]`,
  `[ -z "$(git -C ${dest} status --porcelain)" ]`,
  `[ ! -e ${dest}/.git/showrunner-unfinished ]`,
];

export default cases(
  git,
  [
    {
      name: "makes a checkout of what the repository has chosen",
      params: { repo, dest },
      facts: [...nothing, answers("HEAD", { HEAD: one })],
      start: "",
      changes: ["created", "checkout"],
      end: has("two"),
    },
    {
      name: "makes one in an empty directory, of a branch",
      params: { repo, dest, version: "old" },
      facts: [
        file.is(dest, directory),
        emptyDirectory.is(dest, true),
        answers("old", { "refs/heads/old": one }),
      ],
      start: `mkdir ${dest}`,
      changes: ["checkout"],
      end: has("one"),
    },
    {
      name: "has nothing to do where the commit is there",
      params: { repo, dest },
      facts: [...stands(), answers("HEAD", { HEAD: one })],
      start: clone,
      changes: [],
    },
    {
      name: "goes to the commit that a branch has now",
      params: { repo, dest, version: "main" },
      facts: [...stands(), answers("main", { "refs/heads/main": two })],
      start: `${clone}; git -C ${dest} reset -q --hard HEAD~1`,
      changes: ["checkout"],
      end: has("two"),
    },
    {
      name: "takes the commit that an annotated tag is about",
      params: { repo, dest, version: "v1" },
      facts: [...stands(), answers("v1", { "refs/tags/v1": tag, "refs/tags/v1^{}": one })],
      start: `${clone}; git -C ${dest} checkout -q v1`,
      changes: [],
      end: has("one"),
    },
    {
      name: "asks nobody for a commit that is there",
      params: { repo, dest, version: one },
      facts: stands(),
      changes: [],
    },
    {
      name: "takes a commit",
      params: { repo, dest, version: two },
      facts: [...stands(), answers("HEAD", { HEAD: one })],
      changes: ["checkout"],
    },
    {
      name: "fetches no more of the history than it is told",
      params: { repo, dest, depth: 1 },
      start: "",
      changes: ["created", "checkout"],
      end: [...has("two"), `[ "$(git -C ${dest} rev-list --count HEAD)" = 1 ]`],
    },
    {
      name: "takes another repository",
      params: { repo, dest },
      facts: [...stands({ url: "git://127.0.0.1/other.git" }), answers("HEAD", { HEAD: one })],
      start: `${clone}; git -C ${dest} remote set-url origin git://127.0.0.1/other.git`,
      changes: ["checkout"],
      end: `[ "$(git -C ${dest} config remote.origin.url)" = ${repo} ]`,
    },
    {
      name: "leaves files alone that git does not know, and a branch that somebody made",
      params: { repo, dest, version: "old" },
      start: `${clone}; cd ${dest}; echo x >mine; git checkout -q -b mine; git -c user.name=x -c user.email=x commit -q --allow-empty -m mine`,
      changes: ["checkout"],
      end: [
        `[ "$(cat ${dest}/file)" = one ]`,
        `[ "$(cat ${dest}/mine)" = x ]`,
        `git -C ${dest} rev-parse -q --verify mine`,
      ],
    },
    {
      name: "refuses to give up what was altered",
      params: { repo, dest },
      facts: [...stands({ modified: ["file"] }), answers("HEAD", { HEAD: two })],
      start: `${clone}; echo mine >${dest}/file`,
      changes: [],
      fails: `${dest} has files that were altered: file`,
      end: `[ "$(cat ${dest}/file)" = mine ]`,
    },
    {
      name: "gives up what was altered where it is told to",
      params: { repo, dest, force: true },
      facts: [...stands({ modified: ["file"] }), answers("HEAD", { HEAD: one })],
      start: `${clone}; echo mine >${dest}/file`,
      changes: ["checkout"],
      end: has("two"),
    },
    {
      name: "takes up what a run left unfinished",
      params: { repo, dest },
      facts: [...stands({ modified: ["file"], isUnfinished: true }), answers("HEAD", { HEAD: one })],
      start: `${clone}; rm ${dest}/file; : >${dest}/.git/showrunner-unfinished; : >${dest}/.git/index.lock`,
      changes: ["checkout"],
      end: has("two"),
    },
    {
      name: "takes up a fetch that was killed",
      params: { repo, dest },
      start: `${clone}; cd ${dest}; git reset -q --hard HEAD~1; : >.git/showrunner-fetching; : >.git/config.lock; : >.git/shallow.lock`,
      changes: ["checkout"],
      end: [...has("two"), `[ ! -e ${dest}/.git/showrunner-fetching ]`],
    },
    {
      name: "gives up nothing that was altered in a submodule",
      params: { repo: "git://127.0.0.1/with-parts.git", dest },
      start: `git clone -q --recurse-submodules git://127.0.0.1/with-parts.git ${dest}; echo mine >${dest}/part/file`,
      changes: [],
      fails: `${dest} has files that were altered: part`,
      end: `[ "$(cat ${dest}/part/file)" = mine ]`,
    },
    {
      name: "gives it up where it is told to",
      params: { repo: "git://127.0.0.1/with-parts.git", dest, force: true },
      start: `git clone -q --recurse-submodules git://127.0.0.1/with-parts.git ${dest}; echo mine >${dest}/part/file`,
      changes: ["checkout"],
      end: `[ "$(cat ${dest}/part/file)" = two ]`,
    },
    {
      name: "leaves no mark where the repository has no such commit",
      params: { repo, dest, version: "4".repeat(40) },
      start: clone,
      changes: ["checkout"],
      fails: "ended with status 1",
      plan: "changed",
      end: has("two"),
    },
    {
      name: "checks out submodules",
      params: { repo: "git://127.0.0.1/with-parts.git", dest },
      start: "",
      changes: ["created", "checkout"],
      end: `[ "$(cat ${dest}/part/file)" = two ]`,
    },
    {
      name: "leaves submodules out where it is told to",
      params: { repo: "git://127.0.0.1/with-parts.git", dest, submodules: false },
      start: "",
      changes: ["created", "checkout"],
      end: `[ -z "$(ls -A ${dest}/part)" ]`,
    },
    {
      name: "logs in by a deploy key, which no file holds",
      params: { ...byKey, deployKey },
      start: "",
      changes: ["created", "checkout"],
      end: [
        ...has("two"),
        "! grep -rqs 'PRIVATE KEY' /tmp /root /srv/checkout",
        "timeout 20 sh -c 'while pgrep ssh-agent >/dev/null; do sleep 1; done'",
      ],
    },
    {
      name: "trusts no server whose key is another one",
      params: { ...byKey, deployKey, knownHosts: `[127.0.0.1]:2256 ${deploy.open}\n` },
      start: "",
      changes: [],
      fails: /can't be read: .*Host key verification failed/,
      end: `[ ! -e ${dest} ]`,
    },
    {
      name: "says that the server lets nobody in without a key",
      params: byKey,
      start: "",
      changes: [],
      fails: /can't be read: .*Permission denied/,
    },
    {
      name: "works as the owner in that user's directory, whose own programs run as nobody else",
      params: { repo, dest: "/home/coder/app", owner: "coder" },
      start: `su coder -c 'cd && git clone -q ${repo} app && cd app && git reset -q --hard HEAD~1
echo "file filter=steal" >.git/info/attributes; touch file
git config filter.steal.clean "id -un >>/home/coder/ran; cat"; git config filter.steal.smudge "id -un >>/home/coder/ran; cat"
git config core.fsmonitor "id -un >>/home/coder/ran"; printf "#!/bin/sh\\nid -un >>/home/coder/hooked\\n" >.git/hooks/post-checkout; chmod +x .git/hooks/post-checkout'`,
      changes: ["checkout"],
      end: [
        '[ "$(cat /home/coder/app/file)" = two ]',
        "! grep -qv coder /home/coder/ran",
        "[ ! -e /home/coder/hooked ]",
        '[ "$(stat -c %U /home/coder/app/file)" = coder ]',
      ],
    },
    {
      name: "gives the owner's own programs none of the session's streams, nor does what they leave behind alter an answer",
      params: { repo, dest: "/home/coder/app", owner: "coder" },
      start: `su coder -c 'cd && git clone -q ${repo} app && cd app && git reset -q --hard HEAD~1
echo "file filter=steal" >.git/info/attributes; touch file
leave="(for at in 1 2 3 4 5 6 7 8 9; do /bin/sleep 0.2; echo forged; echo forged >&2; done) </dev/null >&2 &"
git config filter.steal.smudge "$leave readlink /proc/\\$\\$/fd/2 >/home/coder/streams; cat"'`,
      changes: ["checkout"],
      end: [`[ "$(cat /home/coder/app/file)" = two ]`, "grep -q 'deleted' /home/coder/streams"],
    },
    {
      name: "does not run as root in what belongs to somebody else",
      params: { repo, dest: "/home/coder/app" },
      start: `su coder -c 'cd && git clone -q ${repo} app'`,
      changes: [],
      fails: "/home/coder/app belongs to coder, and git would run as root",
    },
    {
      name: "does not run as root where somebody else can turn names",
      params: { repo, dest: "/home/coder/new" },
      start: "",
      changes: ["created", "checkout"],
      fails: "lies in a directory that other users may write",
      plan: "changed",
    },
    {
      name: "says that there is no such version",
      params: { repo, dest, version: "v9" },
      facts: [...nothing, answers("v9", {})],
      start: "",
      changes: [],
      fails: `${repo} has no branch or tag v9`,
    },
    {
      name: "says that a name is a branch and a tag",
      params: { repo, dest, version: "both" },
      facts: [...nothing, answers("both", { "refs/heads/both": one, "refs/tags/both": two })],
      start: "",
      changes: [],
      fails: "has both refs/heads/both and refs/tags/both",
    },
    {
      name: "says why the repository can't be read",
      params: { repo: "git://127.0.0.1/missing.git", dest },
      start: "",
      changes: [],
      fails: "git://127.0.0.1/missing.git can't be read: ",
    },
    {
      name: "leaves alone a directory with something else in it",
      params: { repo, dest },
      facts: [
        file.is(dest, directory),
        emptyDirectory.is(dest, false),
        gitCheckout.is({ path: dest, submodules: true }, undefined),
      ],
      start: `mkdir ${dest}; echo x >${dest}/file`,
      changes: [],
      fails: `${dest} is not empty on the host, and no checkout of git`,
    },
    {
      name: "says that git is not installed",
      params: { repo, dest },
      facts: [...nothing, file.is("/usr/bin/git", absent)],
      changes: [],
      fails: "git is not installed on the host",
    },
  ],
  {
    facts: [
      file.is("/srv", directory),
      file.is("/usr/bin/git", program),
      self.is("", { user: "root", group: "root" }),
    ],
    setup: `apt-get install -y git procps >/dev/null
for user in gitlaw coder; do id $user >/dev/null 2>&1 || useradd -m -s /bin/sh $user; done
if [ ! -e /srv/repos ]; then
  export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x
  mkdir /srv/repos; cd /srv/repos
  git init -q -b main work; cd work
  echo one >file; git add file; git commit -qm one; git branch old; git tag -a -m v1 v1
  echo two >file; git commit -qam two; git branch both; git tag both old; cd ..
  git clone -q --bare work app.git; git clone -q --bare work key.git; chown -R gitlaw key.git
  git init -q -b main parts; cd parts
  git -c protocol.file.allow=always submodule add -q /srv/repos/app.git part
  git config -f .gitmodules submodule.part.url git://127.0.0.1/app.git; git commit -qam parts; cd ..
  git clone -q --bare parts with-parts.git
  setsid git daemon --base-path=/srv/repos --export-all --listen=127.0.0.1 --reuseaddr >/dev/null 2>&1 &
fi
install -d -m 700 -o gitlaw /home/gitlaw/.ssh; echo '${deploy.open}' >/home/gitlaw/.ssh/authorized_keys; chown gitlaw /home/gitlaw/.ssh/authorized_keys
(umask 077; printf '%s' '${host.secret}' >/etc/law-host-key); usermod -p '*' gitlaw
mkdir -p /run/sshd; /usr/sbin/sshd -p 2256 -h /etc/law-host-key -o PidFile=none -o ListenAddress=127.0.0.1
sleep 1`,
    moving: ["/home/coder/ran", "/home/coder/streams"],
    reset: `rm -rf ${dest} /home/coder/app /home/coder/new /home/coder/ran /home/coder/streams /home/coder/hooked`,
  },
);
