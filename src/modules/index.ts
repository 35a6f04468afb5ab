/** Every module there is. */
export { command } from "./commands/command.ts";
export { copy } from "./files/copy.ts";
export { file, type PathValue } from "./files/file.ts";
export { lineinfile } from "./files/lineinfile.ts";
export type { FileValue } from "./files/put-file.ts";
export { template } from "./files/template.ts";
export { type AptValue, apt } from "./packages/apt.ts";
export { type ServiceValue, service } from "./services/service.ts";
export { type SystemdUnitValue, systemdUnit } from "./services/systemd-unit.ts";
export { group } from "./users/group.ts";
export { type UserValue, user } from "./users/user.ts";
