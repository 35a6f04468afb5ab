import { describe, expect, it } from "vitest";
import { installOf } from "../../src/facts/unit-install.ts";

describe("installOf", () => {
  it.each([
    [
      "app.service",
      "[Unit]\nWants=x.target\n[Install]\nWantedBy=multi-user.target a.target\nRequiredBy=b.target\nUpheldBy=c.service\n",
      [
        "multi-user.target.wants/app.service",
        "a.target.wants/app.service",
        "b.target.requires/app.service",
        "c.service.upholds/app.service",
      ],
      [],
    ],
    ["ssh.service", "[Install]\nAlias=sshd.service\n", ["sshd.service"], []],
    ["app.service", "[Install]\nAlso = app.socket \\\n  app.timer\n", [], ["app.socket", "app.timer"]],
    ["app.service", "[Service]\nWantedBy=x.target\n", [], []],
    // a drop-in stands behind the unit file
    [
      "app.service",
      "[Install]\nWantedBy=x.target\n# /a.conf\n[Install]\nWantedBy=\nWantedBy=y.target\n",
      ["y.target.wants/app.service"],
      [],
    ],
    [
      "my-worker@1.service",
      "[Install]\nWantedBy=%p-%i-%j.target\nAlias=%%%N.service\nAlso=%n.d\n",
      ["my-worker-1-worker.target.wants/my-worker@1.service", "%my-worker@1.service"],
      ["my-worker@1.service.d"],
    ],
    [
      "getty@.service",
      "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n",
      ["getty.target.wants/getty@tty1.service"],
      [],
    ],
  ])("reads of %s, %j, which links and units it brings", (name, text, links, also) => {
    expect(installOf(name, text)).toEqual({ links, also });
  });
});
