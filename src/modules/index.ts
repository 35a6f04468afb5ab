/** Every module there is. */

export { type FactsOptions, facts } from "../gathering/facts.ts";
export { readFact } from "../gathering/read-fact.ts";
export { type AcmeParams, type AcmeValue, acme } from "./certificates/acme.ts";
export { type CertificateParams, type CertificateValue, certificate } from "./certificates/certificate.ts";
export {
  type CertificateRequestParams,
  type CertificateRequestValue,
  certificateRequest,
} from "./certificates/certificate-request.ts";
export { type PrivateKeyParams, type PrivateKeyValue, privateKey } from "./certificates/private-key.ts";
export { type TrustStoreParams, type TrustStoreValue, trustStore } from "./certificates/trust-store.ts";
export { type VerifyCertificateParams, verifyCertificate } from "./certificates/verify-certificate.ts";
export { type CommandParams, command } from "./commands/command.ts";
export type { CommandValue } from "./commands/run-script.ts";
export { type ShellParams, shell } from "./commands/shell.ts";
export { type BlockinfileParams, blockinfile } from "./files/blockinfile.ts";
export { type CopyParams, copy } from "./files/copy.ts";
export { type FileParams, file, type PathValue } from "./files/file.ts";
export { type LineinfileParams, lineinfile } from "./files/lineinfile.ts";
export { type OwnedFilesParams, type OwnedFilesValue, ownedFiles } from "./files/owned-files.ts";
export type { FileValue } from "./files/put-file.ts";
export { type TemplateParams, template } from "./files/template.ts";
export { type MysqlDatabaseParams, type MysqlDatabaseValue, mysqlDatabase } from "./mysql/database.ts";
export { type MysqlInfoParams, type MysqlInfoValue, mysqlInfo } from "./mysql/info.ts";
export { type MysqlPrimaryParams, type MysqlPrimaryValue, mysqlPrimary } from "./mysql/primary.ts";
export {
  type MysqlReplicationParams,
  type MysqlReplicationValue,
  mysqlReplication,
} from "./mysql/replication.ts";
export { type MysqlUserParams, type MysqlUserValue, mysqlUser } from "./mysql/user.ts";
export { type MysqlVariableParams, type MysqlVariableValue, mysqlVariable } from "./mysql/variable.ts";
export { type Firewall, firewallTable } from "./net/firewall.ts";
export {
  type HaproxyServerInBackend,
  type HaproxyServerParams,
  type HaproxyServerValue,
  haproxyServer,
} from "./net/haproxy-server.ts";
export { type HttpParams, type HttpValue, http } from "./net/http.ts";
export type { NftTable } from "./net/nft-params.ts";
export type { NftMatch, NftRule } from "./net/nft-rule.ts";
export { type NftablesParams, nftables } from "./net/nftables.ts";
export { type WaitForParams, waitFor } from "./net/wait-for.ts";
export { type AptParams, apt } from "./packages/apt.ts";
export type { AptValue } from "./packages/apt-value.ts";
export { type PackagesParams, type PackagesValue, packages } from "./packages/packages.ts";
export { type ReleaseParams, type ReleaseValue, release } from "./releases/release.ts";
export { type RollbackParams, type RollbackValue, rollback } from "./releases/rollback.ts";
export { type ServiceParams, type ServiceValue, service } from "./services/service.ts";
export { type SystemdParams, type SystemdValue, systemd } from "./services/systemd.ts";
export { type SystemdUnitParams, type SystemdUnitValue, systemdUnit } from "./services/systemd-unit.ts";
export { type DownloadParams, download } from "./sources/download.ts";
export { type GitParams, type GitValue, git } from "./sources/git.ts";
export { type UnarchiveParams, type UnarchiveValue, unarchive } from "./sources/unarchive.ts";
export { type CronParams, cron } from "./system/cron.ts";
export { type RebootParams, reboot } from "./system/reboot.ts";
export { type SshdConfigParams, type SshdConfigValue, sshdConfig } from "./system/sshd-config.ts";
export type { SshdMatch, SshdOptions, SshdValue } from "./system/sshd-options.ts";
export { type SysctlParams, sysctl } from "./system/sysctl.ts";
export { type AuthorizedKeyParams, authorizedKey } from "./users/authorized-key.ts";
export { type GroupParams, type GroupValue, group } from "./users/group.ts";
export { type UserParams, type UserValue, user } from "./users/user.ts";
export { type AssertParams, assert } from "./util/assert.ts";
export { type DebugParams, type DebugValue, debug } from "./util/debug.ts";
