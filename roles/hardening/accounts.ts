/** Accounts, and the files that decide what they may do. */
import { accounts, batch, file, fileState, lineinfile, readFact, user } from "showrunner";

/** What root's tasks are read from: nobody else need see it. */
const cronFolders = ["d", "hourly", "daily", "weekly", "monthly"].map((name) => `/etc/cron.${name}`);

export async function hardenAccounts(umask: string): Promise<void> {
  const [all, crontab, ...folders] = await Promise.all([
    readFact(accounts, ""),
    readFact(fileState, "/etc/crontab"),
    ...cronFolders.map((path) => readFact(fileState, path)),
  ]);
  await batch([
    lineinfile({
      path: "/etc/login.defs",
      regexp: "^\\s*UMASK\\s",
      line: `UMASK\t\t${umask}`,
      mode: "0644",
    }),
    ...(crontab.type === "file" ? [file({ path: "/etc/crontab", mode: "0600" })] : []),
    ...cronFolders
      .filter((_, index) => folders[index]?.type === "directory")
      .map((path) => file({ path, state: "directory", mode: "0700" })),
    // a key still logs in: the password alone is locked
    ...all
      .filter(({ password }) => password === "none")
      .map(({ name }) => user({ name, passwordLock: true })),
  ]);
}
