/** Newer packages on one host, while other hosts do its work. */
import {
  apt,
  debug,
  fail,
  type HostInfo,
  type InventoryView,
  mysqlPrimary,
  on,
  readFact,
  reboot,
} from "showrunner";
import { leaveAddresses, takeAddresses } from "./addresses.ts";
import { requireOtherApplication } from "./alone.ts";
import { balancerState } from "./balancer-state.ts";
import { doneByNobodyElse, has, members } from "./hosts.ts";
import { rebootReason, upgradePlan } from "./patching.ts";
import { requireOtherServer } from "./pools.ts";
import { giveReadsBack, takeReads, whyNotRead } from "./reads.ts";
import { replicates } from "./replicates.ts";
import { isEnded, serves } from "./serves.ts";
import { withoutVisitors, withVisitors } from "./without-visitors.ts";

/** Why a host is out of service: so a later run knows what it may bring back. */
const reason = "patch";

interface Asked {
  readonly inventory: InventoryView;
  readonly check: boolean;
  /** Whether a host is patched, too, that nobody stands in for. */
  readonly allowOutage: boolean;
}

type Work = () => Promise<void>;

/**
 * Upgrades the current host's packages and reboots it where that is needed. Other hosts stand in for it meanwhile, and it
 * comes back once it does its work. What a run that was killed has left out of service comes back, too.
 */
export async function patchHost(host: HostInfo, { inventory, check, allowOutage }: Asked): Promise<void> {
  // a check reads the package lists as they are
  if (!check) await apt({ updateCache: true, cacheValidTime: 3600 });
  const { isDue, refusal } = await readFact(upgradePlan, "");
  if (!isDue && (await readFact(rebootReason, "")) === "")
    return await bringBack(host, { inventory, allowOutage });
  const alone = doneByNobodyElse(host, inventory);
  if (alone.length > 0 && !allowOutage) {
    const message = `${host.name} was left as it is: nobody stands in for the ${alone.join(" and ")}. -e allowOutage=true patches it, too`;
    await debug({ message });
    return;
  }
  // while it is in service still
  if (refusal !== undefined)
    fail(
      `${host.name} can't be upgraded, and was left as it is: ${refusal}`,
      "`apt-get -s dist-upgrade` on the host shows what apt would do",
    );
  if (check) return await foretell();
  if (!allowOutage) await requireOthers(host, inventory);
  await aside(host, inventory, async () => {
    await apt({ upgrade: "full" });
    if ((await readFact(rebootReason, "")) !== "") await reboot({});
    await isHealthy(host, inventory);
  });
  const still = await readFact(rebootReason, "");
  if (still !== "")
    fail(
      `${host.name} was rebooted, and still needs a reboot: ${still}`,
      "remove the newer kernel, or make the boot loader start it",
    );
}

/** The inventory has other hosts for the work; this asks whether they do it. */
async function requireOthers(host: HostInfo, inventory: InventoryView): Promise<void> {
  if (has(host, "web")) await requireOtherServer(host, inventory);
  else if (has(host, "app") && !(await isEnded(host))) await requireOtherApplication(host, inventory);
}

/** What is done to the host itself: how long other hosts stand in, and what they answer then, no check can know. */
async function foretell(): Promise<void> {
  const isRebootDue = (await readFact(rebootReason, "")) !== "";
  await apt({ upgrade: "full" });
  if (isRebootDue) await reboot({});
}

/**
 * Does the work while others do what visitors need of the host. Where it fails, reads and addresses stay away from the
 * host; to a web server the balancers send requests again once they find it healthy.
 */
async function aside(host: HostInfo, inventory: InventoryView, work: Work): Promise<void> {
  let whole = work;
  if (has(host, "web") || has(host, "app"))
    whole = around(whole, (one) => withoutVisitors(host, inventory, one));
  if (has(host, "lb")) whole = around(whole, (one) => withoutAddresses(host, inventory, one));
  if (has(host, "db_replica")) whole = around(whole, (one) => withoutReads(host, inventory, one));
  await whole();
}

const around =
  (work: Work, outer: (work: Work) => Promise<void>): Work =>
  () =>
    outer(work);

async function withoutAddresses(host: HostInfo, inventory: InventoryView, work: Work): Promise<void> {
  const { outOfService, addresses } = await readFact(balancerState, "");
  // who is out of service for another reason stays so, and an only balancer has nobody to leave its visitors to
  if ((outOfService !== undefined && outOfService !== reason) || addresses.length === 0) return await work();
  await leaveAddresses(host, inventory, reason);
  await work();
  await takeAddresses(host);
}

async function withoutReads(host: HostInfo, inventory: InventoryView, work: Work): Promise<void> {
  const why = await whyNotRead(host, inventory);
  if (why !== undefined && why !== reason) return await work();
  await takeReads(host, inventory, reason);
  await work();
  await giveReadsBack(host, inventory);
}

/** Goes on once the host does all its work again. */
async function isHealthy(host: HostInfo, inventory: InventoryView): Promise<void> {
  if (has(host, "db_primary")) {
    await mysqlPrimary({}, { name: "takes writes", retries: 30, delay: "1s" });
    for (const replica of members(inventory, "db_replica")) await on(replica, replicates);
  }
  if (has(host, "db_replica")) await replicates();
  if (has(host, "app")) await serves(host);
}

/** Brings back what an earlier run has left out of service, and nothing else. */
async function bringBack(
  host: HostInfo,
  { inventory, allowOutage }: Pick<Asked, "inventory" | "allowOutage">,
): Promise<void> {
  // a primary that has restarted takes no writes before somebody has looked: whoever has it patched has
  if (allowOutage && has(host, "db_primary")) await mysqlPrimary({});
  await withVisitors(host, inventory);
  if (has(host, "lb") && (await readFact(balancerState, "")).outOfService === reason)
    await takeAddresses(host);
  if (has(host, "db_replica") && (await whyNotRead(host, inventory)) === reason)
    await giveReadsBack(host, inventory);
}
