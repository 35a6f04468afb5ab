/** Daemons of Debian's that take all that they are to do from their command line. */
import { apt, batch, copy, fail, file, portListeners, readFact, service } from "showrunner";
import { unitWord } from "./app/words.ts";
import { withPort } from "./ip-address.ts";
import { whoIsInTheWay } from "./ports.ts";

interface Daemon {
  /** Debian's package; its unit has the same name. */
  readonly name: string;
  /** The name of its program. Default: as the package. */
  readonly program?: string;
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  /** What its program is given, besides where it listens. */
  readonly options: Readonly<Record<string, string | true>>;
}

/**
 * Installs a daemon. Its unit is altered first, so that it never listens elsewhere than it is to.
 *
 * @throws ShowrunnerError `task.failed` where another program has its port
 */
export async function installDaemon(daemon: Daemon): Promise<void> {
  const { name, address, port } = daemon;
  await requireFreePort(daemon);
  const folder = `/etc/systemd/system/${name}.service.d`;
  await batch([
    file({ path: folder, state: "directory", mode: "0755" }),
    copy(
      { dest: `${folder}/showrunner.conf`, content: dropIn(daemon, withPort(address, port)), mode: "0644" },
      { notify: service({ name, state: "restarted" }) },
    ),
    apt({ name, installRecommends: false }),
  ]);
}

/** Starts a daemon, once its files are there. */
export async function startDaemon({ name }: Daemon): Promise<void> {
  await service({ name, state: "started", enabled: true });
}

/** What is altered of Debian's unit. While a host boots, it may not have its address yet: the daemon tries again. */
export function dropIn({ name, program = name, options }: Daemon, listen: string): string {
  const all: Daemon["options"] = { "web.listen-address": listen, ...options };
  const words = Object.entries(all).map(([option, value]) =>
    unitWord(value === true ? `--${option}` : `--${option}=${value}`),
  );
  return `# Written by Showrunner: changes made here are overwritten by the next run.
[Unit]
StartLimitIntervalSec=0

[Service]
ExecStart=
ExecStart=${[`/usr/bin/${program}`, ...words].join(" \\\n    ")}
Restart=always
RestartSec=2
`;
}

async function requireFreePort({ name, program = name, address, port }: Daemon): Promise<void> {
  // the kernel keeps 15 characters of a program's name
  const other = whoIsInTheWay(await readFact(portListeners, { port }), program.slice(0, 15), address);
  if (other)
    fail(
      `port ${port} is taken by ${other.process ?? "another process"}, which listens on ${other.address}`,
      `stop it, or give ${name} another port`,
    );
}
