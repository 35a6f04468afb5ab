/** The classic site: HAProxy, web servers with Nginx, the application, MySQL primary and replica. */
import { playbook } from "showrunner";
import { applicationServers } from "./parts/application.ts";
import { balancers } from "./parts/balancers.ts";
import { siteAuthority } from "./parts/certificates.ts";
import { databases } from "./parts/databases.ts";
import { edgeWillDo } from "./parts/edge-certificate.ts";
import { everyHost } from "./parts/every-host.ts";
import { inventoryWillDo } from "./parts/inventory-will-do.ts";
import { monitoring } from "./parts/monitoring.ts";
import { siteAnswers } from "./parts/site-answers.ts";
import { pageHasPassword, thePage } from "./parts/status-page.ts";
import { webServers } from "./parts/web-servers.ts";

/** The plays, for playbooks that do more than deploy. */
export const sitePlays = [
  inventoryWillDo,
  edgeWillDo,
  pageHasPassword,
  everyHost,
  ...databases,
  applicationServers,
  // late, since a check of fresh hosts can't know what will be signed
  siteAuthority,
  webServers,
  ...balancers,
  ...monitoring,
  thePage,
  siteAnswers,
];

export default playbook(sitePlays);
