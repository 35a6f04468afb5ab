/** The balancers, which visitors reach by HTTPS, and the addresses that move between them. */
import { play, withDefault } from "showrunner";
import { Algorithm, Mode } from "../../roles/haproxy/index.ts";
import { haproxy, keepalived } from "../../roles/index.ts";
import { trustedAuthority } from "./certificates.ts";
import {
  edgeCertificate,
  edgeFolder,
  isPublic,
  placeEdgeCertificate,
  trustSigners,
} from "./edge-certificate.ts";
import { monitors } from "./hosts.ts";
import { obtain, renewNoMore } from "./public-certificate.ts";
import { domain, siteAddresses, webPort } from "./words.ts";

export const balancers = [
  play(
    "balancers",
    {
      hosts: "lb",
      become: true,
      vars: {
        domain,
        webPort,
        siteAddresses,
        edgeCertificate,
        algorithm: withDefault(Algorithm, "roundRobin"),
        balancerMode: withDefault(Mode, "activeActive"),
      },
    },
    {
      trust: ({ vars, inventory }) => trustSigners(vars.edgeCertificate, inventory),
      certificate: ({ vars, host, inventory }) => placeEdgeCertificate(host, inventory, vars),
      haproxy: ({ vars, inventory }) =>
        haproxy({
          backends: {
            web: {
              hosts: "web",
              port: vars.webPort,
              algorithm: vars.algorithm,
              mode: vars.balancerMode,
              check: { path: "/healthz" },
              // each web server has a certificate of its own name
              tls: { authorities: trustedAuthority },
            },
          },
          frontends: {
            http: {
              port: 80,
              redirectToHttps: true,
              ...(isPublic(vars.edgeCertificate) && { challenges: { peers: "lb" } }),
            },
            https: { port: 443, tls: { certificates: edgeFolder(vars.edgeCertificate) }, backend: "web" },
          },
          ...(monitors(inventory).length > 0 && { monitoring: { hosts: "mon" } }),
        }),
    },
  ),

  // plays of their own: by now the balancers' handlers have run, and a balancer takes an address only while it works
  play(
    "addresses that move",
    { hosts: "lb", become: true, vars: { siteAddresses } },
    {
      keepalived: async ({ vars }) => {
        if (vars.siteAddresses.length === 0) return;
        await keepalived({ nodes: "lb", addresses: vars.siteAddresses.map((address) => ({ address })) });
      },
    },
  ),

  play(
    "a public authority's certificate",
    { hosts: "lb", become: true, vars: { domain, edgeCertificate } },
    {
      obtain: async ({ vars: { edgeCertificate: given, domain: name } }) => {
        if (isPublic(given)) await obtain(given, name, edgeFolder(given));
        else await renewNoMore();
      },
    },
  ),
];
