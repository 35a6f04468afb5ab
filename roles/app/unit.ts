/** The units of an application: a service that may do little but serve, and the socket on which it is reached. */
import { service } from "showrunner";
import { appPaths } from "./paths.ts";
import { unitWord } from "./words.ts";

type Settings = Readonly<Record<string, string | number | boolean | string[]>>;

interface Service {
  readonly name: string;
  readonly command: readonly string[];
  readonly prepare: readonly (readonly string[])[];
  readonly listen?: string;
  readonly serviceSettings: Settings;
}

/** What an application that listens and connects needs nothing of (systemd.exec(5)). */
const hardening: Settings = {
  CapabilityBoundingSet: "",
  LockPersonality: "yes",
  NoNewPrivileges: "yes",
  PrivateDevices: "yes",
  PrivateTmp: "yes",
  PrivateUsers: "yes",
  ProtectClock: "yes",
  ProtectControlGroups: "yes",
  ProtectHome: "yes",
  ProtectHostname: "yes",
  ProtectKernelLogs: "yes",
  ProtectKernelModules: "yes",
  ProtectKernelTunables: "yes",
  ProtectProc: "invisible",
  ProtectSystem: "strict",
  RemoveIPC: "yes",
  // of netlink a program learns which addresses the host has
  RestrictAddressFamilies: "AF_INET AF_INET6 AF_NETLINK AF_UNIX",
  RestrictNamespaces: "yes",
  RestrictRealtime: "yes",
  RestrictSUIDSGID: "yes",
  SystemCallArchitectures: "native",
  SystemCallErrorNumber: "EPERM",
  // servers such as gunicorn become the user that they are, and are not to be refused that: so no group is taken away
  SystemCallFilter: "@system-service",
  UMask: "0077",
};

/** The first time it starts the service, with the socket that it listens on. */
export const restartOf = (name: string) => service({ name, state: "restarted" });

/** The sections of the service. */
export function serviceOf({ name, command, prepare, listen, serviceSettings }: Service) {
  const { current, environment, outOfService } = appPaths(name);
  const asLine = (words: readonly string[]) => words.map(unitWord).join(" ");
  return {
    unit: {
      Description: `${name}, an application`,
      After: "network-online.target",
      Wants: "network-online.target",
      ConditionPathExists: `!${outOfService}`,
      ...(listen !== undefined && { Requires: `${name}.socket` }),
    },
    service: {
      User: name,
      Group: name,
      WorkingDirectory: current,
      EnvironmentFile: environment,
      StateDirectory: name,
      ...(prepare.length > 0 && { ExecStartPre: prepare.map(asLine) }),
      ExecStart: asLine(command),
      Restart: "on-failure",
      RestartSec: "2",
      ...hardening,
      ...serviceSettings,
    },
    install: { WantedBy: "multi-user.target" },
  };
}

/**
 * The sections of the socket. systemd holds it while the service is restarted: requests wait then, and none is refused.
 */
export function socketOf(name: string, listen: string) {
  return {
    unit: {
      Description: `where ${name} is reached`,
      ConditionPathExists: `!${appPaths(name).outOfService}`,
    },
    // before the host has the address, as after a boot, it can be listened on all the same
    socket: { ListenStream: listen, FreeBind: "yes" },
    install: { WantedBy: "sockets.target" },
  };
}
