/** The roles of the classic site. */
export { app } from "./app/index.ts";
export { bringOut, type Served } from "./app/serving.ts";
export { authority } from "./authority/index.ts";
export { common } from "./common/index.ts";
export { firewall } from "./firewall/index.ts";
export { haproxy } from "./haproxy/index.ts";
export { keepalived } from "./keepalived/index.ts";
export { mysql } from "./mysql/index.ts";
export { nginx } from "./nginx/index.ts";
export type { NginxVars } from "./nginx/variables.ts";
export { signedCertificate } from "./signedCertificate/index.ts";
