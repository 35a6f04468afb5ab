import { inventory } from "showrunner";
import { docker } from "../transports/docker.ts";

/** The hosts that a configuration database lists: `[{ "name": "web1", "role": "web", "principals": ["anna@EXAMPLE.ORG"] }]`. */
export default async () => {
  const answer = await fetch(process.env["CMDB_URL"] ?? "http://127.0.0.1:8000/machines.json");
  const machines: { name: string; role: string; principals: string[] }[] = JSON.parse(await answer.text());
  return inventory({
    settings: { transport: docker },
    hosts: Object.fromEntries(machines.map(({ name, principals }) => [name, { vars: { principals } }])),
    groups: { web: { hosts: machines.filter(({ role }) => role === "web").map(({ name }) => name) } },
  });
};
