/** The classic site: HAProxy, web servers with Nginx, the application, MySQL primary and replica. */
import { playbook } from "showrunner";
import { applicationServers } from "./parts/application.ts";
import { balancers } from "./parts/balancers.ts";
import { databases } from "./parts/databases.ts";
import { everyHost } from "./parts/every-host.ts";
import { monitoring } from "./parts/monitoring.ts";
import { siteAnswers } from "./parts/site-answers.ts";
import { thePage } from "./parts/status-page.ts";
import { webServers } from "./parts/web-servers.ts";

/** The plays, for playbooks that do more than deploy. */
export const sitePlays = [
  everyHost,
  ...databases,
  applicationServers,
  webServers,
  ...balancers,
  ...monitoring,
  thePage,
  siteAnswers,
];

export default playbook(sitePlays);
