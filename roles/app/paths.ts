/** Where an application's parts are on a host. */
import { basename } from "node:path";

interface AppPaths {
  /** The application's directory: its releases are below it. */
  readonly root: string;
  readonly releases: string;
  /** The link to the release that serves. */
  readonly current: string;
  /** Names the releases that were deployed, the newest last. */
  readonly list: string;
  /** Names the release that has served last. */
  readonly served: string;
  /** Names the database servers that it does not read from for a while, each with the reason. */
  readonly notRead: string;
  /** While this file is there, the application is out of service for the reason in it: nothing starts it, nor a reboot. */
  readonly outOfService: string;
  readonly configuration: string;
  readonly environment: string;
  /** The home of the commands that prepare a release. */
  readonly cache: string;
  /** Where the application may write. */
  readonly state: string;
  readonly unit: string;
}

export function appPaths(name: string): AppPaths {
  const root = `/srv/${name}`;
  const configuration = `/etc/${name}`;
  return {
    root,
    releases: `${root}/releases`,
    current: `${root}/current`,
    list: `${root}/releases.list`,
    served: `${root}/releases.served`,
    notRead: `${root}/databases.not-read`,
    outOfService: `${root}/out-of-service`,
    configuration,
    environment: `${configuration}/environment`,
    cache: `${root}/cache`,
    state: `/var/lib/${name}`,
    unit: `/etc/systemd/system/${name}.service`,
  };
}

/** The application that a unit file is of. */
export function appOfUnit(path: string): string {
  return basename(path, ".service");
}

/** The owner under which an application's files are noted: the application itself, whichever playbook writes them. */
export function filesOwner(name: string): string {
  return `application ${name}`;
}
