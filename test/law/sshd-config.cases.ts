import { sshdUnderstood } from "../../src/facts/sshd.ts";
import { pendingRollback } from "../../src/kit/index.ts";
import { sshdConfig } from "../../src/modules/index.ts";
import { sshdText } from "../../src/modules/system/sshd-options.ts";
import { cases } from "../../src/testing/index.ts";

const folder = "/etc/ssh/sshd_config.d";
const path = `${folder}/00-showrunner.conf`;
const main = "/etc/ssh/sshd_config";
const options = { PermitRootLogin: "no", MaxAuthTries: 4, AllowUsers: ["deploy", "ann"] } as const;
const text = sshdText(options);
/** What the running sshd goes by is what it has read: its own files, as they stand. */
const holds = (line: string) => `PATH=$PATH:/usr/sbin; sshd -T | grep -qix '${line}'`;
const write = (at: string, content: string) => `printf '%s\\n' '${content}' >${at}; systemctl reload ssh`;

export default cases(
  sshdConfig,
  [
    {
      name: "sets options in a file that it makes",
      params: { options },
      start: "",
      changes: ["created"],
      end: [
        holds("permitrootlogin no"),
        holds("maxauthtries 4"),
        holds("allowusers deploy"),
        holds("allowusers ann"),
        `[ "$(stat -c '%U %a' ${path})" = "root 644" ]`,
        "systemctl is-active ssh",
      ],
    },
    {
      name: "corrects a value in its file",
      params: { options },
      start: write(path, "PermitRootLogin yes"),
      changes: ["content"],
      end: [holds("permitrootlogin no"), `[ "$(cat ${path})" = "${text.trim()}" ]`],
    },
    {
      name: "has nothing to do where the file is as it is to be",
      params: { options },
      start: write(path, text.trimEnd()),
      changes: [],
    },
    {
      name: "sets options for some connections only, and leaves other files alone",
      params: {
        name: "10-backup",
        options: {},
        match: [{ criteria: "User backup", options: { X11Forwarding: false, ForceCommand: "/bin/true" } }],
      },
      start: write(path, "MaxAuthTries 5"),
      changes: ["created"],
      end: [
        holds("maxauthtries 5"),
        "PATH=$PATH:/usr/sbin; sshd -T -C user=backup,host=x,addr=192.0.2.1 | grep -qx 'forcecommand /bin/true'",
      ],
    },
    {
      name: "takes several ports, and lists of algorithms",
      params: {
        options: { Port: [22, 2222], Ciphers: ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com"] },
      },
      start: "",
      changes: ["created"],
      end: [
        holds("port 2222"),
        holds("ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com"),
        "ss -Htln sport = :2222 | grep -q .",
      ],
    },
    {
      name: "removes its file",
      params: { state: "absent" },
      start: write(path, "MaxAuthTries 3"),
      changes: ["removed"],
      end: [`[ ! -e ${path} ]`, holds("maxauthtries 6")],
    },
    {
      name: "has nothing to remove where there is no such file",
      params: { state: "absent", name: "10-backup" },
      start: "",
      changes: [],
    },
    {
      name: "writes the whole file",
      params: {
        content:
          "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nMaxAuthTries 7\nSubsystem sftp internal-sftp\n",
      },
      start: "",
      changes: ["content"],
      end: [holds("maxauthtries 7"), `[ "$(grep -c . ${main})" = 4 ]`],
    },
    {
      name: "says which file sets an option before, since the first value counts",
      params: { options: { MaxAuthTries: 4 }, name: "50-ours" },
      start: write(`${folder}/10-theirs.conf`, "MaxAuthTries 9"),
      changes: [],
      fails: "MaxAuthTries would be 9, and not 4: of several files the first one counts",
      end: [`[ ! -e ${folder}/50-ours.conf ]`, holds("maxauthtries 9")],
    },
    {
      name: "says what sshd says where it refuses an option, and changes nothing",
      params: { options: { PermitRootLogon: "no" } },
      start: write(path, "MaxAuthTries 5"),
      changes: [],
      fails: "sshd refuses the file: nothing was changed",
      end: [holds("maxauthtries 5"), `grep -qx 'MaxAuthTries 5' ${path}`],
    },
    {
      name: "writes nothing where another user has the folder",
      params: { options: { MaxAuthTries: 4 } },
      start: "useradd -m sshlaw; chown sshlaw /etc/ssh/sshd_config.d",
      changes: ["created"],
      fails: "other users may write: nothing was changed",
      plan: "changed",
      end: `[ ! -e ${path} ]`,
    },
    {
      name: "says that there is no sshd",
      params: { options },
      facts: [sshdUnderstood.is({ path, text, options: Object.keys(options) }, undefined)],
      changes: [],
      fails: "there is no sshd on the host",
    },
  ],
  {
    facts: [pendingRollback.is("sshd", false)],
    setup: `cp -a ${main} /root/sshd_config.orig; cp -a ${folder} /root/sshd_config.d.orig`,
    reset: `cp -a /root/sshd_config.orig ${main}; rm -rf ${folder}; cp -a /root/sshd_config.d.orig ${folder}; userdel -r sshlaw 2>/dev/null; systemctl reload ssh; sleep 0.3`,
  },
);
