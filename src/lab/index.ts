/** Throw-away hosts to run against: systemd-nspawn machines on a bridge of their own. */
export { down, reset, restore, run, snapshot, start, status, stop, up } from "./lab.ts";
export { type LabHost, type LabSpec, labFiles, type Progress, type Suite } from "./spec.ts";
export type { HostStatus, LabStatus } from "./status.ts";
