import { describe, expect, it } from "vitest";
import { edgeFolder } from "../../playbooks/parts/edge-certificate.ts";
import { askedOf } from "../../playbooks/parts/status/look.ts";

describe("what the playbook status asks of a balancer", () => {
  it.each([
    ["own", "ownAuthority"],
    ["brought", { certificate: "www.pem", key: "www.key" }],
    ["public", { acme: { acceptTerms: true } }],
  ] as const)("is when the certificate ends that visitors see: %s", (folder, given) => {
    const host = {
      name: "lb1",
      address: "10.0.0.11",
      groups: ["lb"],
      vars: {},
      varLocation: () => undefined,
    };
    expect(askedOf(host, { isShared: false, edgeFolder: edgeFolder(given) }).certificates).toEqual([
      `/etc/haproxy/certificates/${folder}`,
      "/etc/ssl/site",
    ]);
  });
});
