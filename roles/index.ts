/** The roles of the classic site. */
export { alertmanager } from "./alertmanager/index.ts";
export { app } from "./app/index.ts";
export { bringOut, type Served } from "./app/serving.ts";
export { authority } from "./authority/index.ts";
export { blackboxExporter } from "./blackboxExporter/index.ts";
export { common } from "./common/index.ts";
export { firewall } from "./firewall/index.ts";
export { haproxy } from "./haproxy/index.ts";
export { keepalived } from "./keepalived/index.ts";
export { mysql } from "./mysql/index.ts";
export { mysqlExporter } from "./mysqlExporter/index.ts";
export { nginx } from "./nginx/index.ts";
export type { NginxVars } from "./nginx/variables.ts";
export { nginxExporter } from "./nginxExporter/index.ts";
export { nodeExporter } from "./nodeExporter/index.ts";
export { prometheus } from "./prometheus/index.ts";
export { signedCertificate } from "./signedCertificate/index.ts";
export { type StatusPageVars, statusPage } from "./statusPage/index.ts";
