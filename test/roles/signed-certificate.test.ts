/** Certificates between the hosts live as long as somebody runs the playbook once a month. */
import { describe, expect, it } from "vitest";
import { renewalDays } from "../../roles/signedCertificate/renewal.ts";

describe("a certificate of the site's own authority", () => {
  it("outlives the next monthly run, if a run came an hour too early to renew it", () => {
    const left = renewalDays(90) + 1 / 24;
    expect(left).toBeGreaterThan(31 + 7); // a long month, and a week of delay
  });

  it("is renewed before the alert for certificates that end soon", () => {
    expect(renewalDays(90)).toBeGreaterThan(20);
  });

  it("is not renewed by every run, however short it lives", () => {
    for (const days of [2, 3, 90, 825]) expect(renewalDays(days)).toBeLessThan(days);
  });
});
