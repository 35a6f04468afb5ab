/** The reads of the application servers move from one database server to another one. */
import {
  copy,
  file,
  fileText,
  type HostInfo,
  type InventoryView,
  lineinfile,
  on,
  readFact,
  service,
} from "showrunner";
import { appPaths } from "../../roles/app/paths.ts";
import { guestBook } from "./application.ts";
import { members } from "./hosts.ts";
import { answering, type NotRead, notReadIn } from "./not-read.ts";
import { caughtUp } from "./replicates.ts";
import { isEnded, serves } from "./serves.ts";
import { withoutVisitors, withVisitors } from "./without-visitors.ts";

/**
 * Has the application servers read from other databases, one server after the other, without visitors meanwhile. It
 * holds over further runs of the playbook `site`, until the reads are given back.
 *
 * @param reason one word, which the playbook `status` shows
 */
export async function takeReads(replica: HostInfo, inventory: InventoryView, reason: string): Promise<void> {
  await alter(replica, inventory, (notRead) => new Map([...notRead, [replica.name, reason]]));
}

/** Gives a replica back its reads, once it replicates and has caught up. */
export async function giveReadsBack(replica: HostInfo, inventory: InventoryView): Promise<void> {
  await caughtUp(replica, inventory);
  await alter(
    replica,
    inventory,
    (notRead) => new Map([...notRead].filter(([name]) => name !== replica.name)),
  );
}

/** For which reason the application servers, or some of them, do not read from a replica. */
export async function whyNotRead(replica: HostInfo, inventory: InventoryView): Promise<string | undefined> {
  for (const server of readers(replica, inventory)) {
    const { notRead } = appPaths(guestBook(server).name);
    const list = await on(server, async () => await readFact(fileText, notRead));
    const reason = notReadIn(list).get(replica.name);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** An application beside the replica goes down with it, and has no visitors then. */
function readers(replica: HostInfo, inventory: InventoryView): readonly HostInfo[] {
  return members(inventory, "app").filter(({ name }) => name !== replica.name);
}

async function alter(
  replica: HostInfo,
  inventory: InventoryView,
  next: (notRead: NotRead) => NotRead,
): Promise<void> {
  for (const server of readers(replica, inventory))
    await on(server, async () => {
      const { name } = guestBook(server);
      const { notRead, environment } = appPaths(name);
      const now = next(notReadIn(await readFact(fileText, notRead)));
      const list = [...now].map(([replica, reason]) => `${replica} ${reason}\n`).join("");
      if (list === "") await file({ path: notRead, state: "absent" });
      else await copy({ dest: notRead, content: list, mode: "0644" });
      const restart = () => service({ name, state: "restarted" });
      const line = `DB_REPLICA="${answering(server, inventory, now).address}"`;
      const moved = await lineinfile(
        { path: environment, regexp: "^DB_REPLICA=", line },
        // secrets stand beside it; an application that was ended reads the line once it begins
        { name: "where reads go", noLog: true, notify: (await isEnded(server)) ? [] : restart() },
      );
      if (moved.changed) await withoutVisitors(server, inventory, () => serves(server));
      else {
        await serves(server);
        await withVisitors(server, inventory);
      }
    });
}
