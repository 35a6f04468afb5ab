import { describe, expect, it } from "vitest";
import { serviceOf, socketOf } from "../../roles/app/unit.ts";

describe("the units of an application", () => {
  it("start neither at a boot nor by a request while it is out of service", () => {
    const shop = { name: "shop", command: ["/usr/bin/shop"], prepare: [], serviceSettings: {} };
    for (const { unit } of [serviceOf(shop), socketOf("shop", "8000")])
      expect(unit).toMatchObject({ ConditionPathExists: "!/srv/shop/out-of-service" });
  });
});
