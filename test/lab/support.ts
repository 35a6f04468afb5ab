/** Lab hosts for a test file, and playbooks run on them. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent, TimedEvent } from "../../src/core/events/events.ts";
import { type Play, playbook } from "../../src/core/plays/play.ts";
import { type RunSummary, runPlays } from "../../src/core/plays/run.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { inventory } from "../../src/inventory/index.ts";
import { down, type LabSpec, up } from "../../src/lab/index.ts";
import { labFiles, type Suite } from "../../src/lab/spec.ts";
import { connector } from "../../src/transport/connect.ts";
import type { ConnectionSettings } from "../../src/transport/settings.ts";

export interface Ran extends RunSummary {
  readonly events: readonly TimedEvent[];
  of<T extends RunEvent["type"]>(type: T): Extract<TimedEvent, { type: T }>[];
  /** `host module title: status` of each task. */
  readonly statuses: readonly string[];
  /** Every error that ended a host's run, for a message when a test did not expect one. */
  readonly errors: readonly string[];
}

export interface TestLab {
  readonly spec: LabSpec;
  up(): Promise<void>;
  down(): Promise<void>;
  /** How a host is reached; the second argument changes some of it. */
  settings(host: string, changed?: Partial<ConnectionSettings>): ConnectionSettings;
  run(plays: readonly Play[], request?: Partial<RunRequest>): Promise<Ran>;
}

/**
 * @param name at most 12 characters, and nobody else's
 * @param net the N of the network 10.N.0.0/24; each test file has its own
 */
export function testLab(
  name: string,
  net: number,
  hostNames: readonly string[],
  suite: Suite = "bookworm",
): TestLab {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  const spec: LabSpec = {
    name,
    network: `10.${net}.0.0/24`,
    suite,
    user: "deploy",
    hosts: hostNames.map((host, index) => ({ name: host, address: `10.${net}.0.${index + 11}` })),
    stateDir: join(directory, "lab"),
  };
  const files = labFiles(spec);
  const settings = (host: string, changed: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
    name: host,
    address: spec.hosts.find((one) => one.name === host)?.address ?? host,
    port: 22,
    user: spec.user,
    identityFile: files.key,
    knownHosts: files.knownHosts,
    ...changed,
  });
  return {
    spec,
    settings,
    up: () => up(spec, () => undefined),
    async down() {
      await down(spec, () => undefined);
      await rm(directory, { recursive: true, force: true });
    },
    async run(plays, request = {}) {
      const events: TimedEvent[] = [];
      const summary = await runPlays({
        playbook: playbook(plays),
        name: "test",
        inventoryName: name,
        inventory: inventory({
          hosts: Object.fromEntries(spec.hosts.map(({ name: host, address }) => [host, { address }])),
        }),
        access: (host) => ({ connect: connector("ssh", settings(host.name)) }),
        ...request,
        subscribers: [(event) => events.push(event), ...(request.subscribers ?? [])],
      });
      const of = <T extends RunEvent["type"]>(type: T) =>
        events.filter((event): event is Extract<TimedEvent, { type: T }> => event.type === type);
      return {
        ...summary,
        events,
        of,
        statuses: of("task:end").map(
          ({ host, task, status }) => `${host} ${task.module} ${task.title}: ${status}`,
        ),
        errors: [...of("host:failed"), ...of("host:unreachable")].map(
          ({ host, error }) => `${host}: ${error.code}: ${error.message} ${error.details.join(" | ")}`,
        ),
      };
    },
  };
}
