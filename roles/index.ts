/** The roles of the classic site. */
export { app } from "./app/index.ts";
export { common } from "./common/index.ts";
export { haproxy } from "./haproxy/index.ts";
export { mysql } from "./mysql/index.ts";
export { nginx } from "./nginx/index.ts";
