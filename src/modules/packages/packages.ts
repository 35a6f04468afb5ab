import { type PackageManager, packageManager } from "../../facts/managers.ts";
import {
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  type RequiredInput,
  type Static,
  type TObject,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { apt } from "./apt.ts";
import type { AptValue } from "./apt-value.ts";

const params = {
  /** Packages by the names that they have on the host: `curl`. */
  name: Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }))]),
  /** `latest`: the version that the package lists offer. Default: "present". */
  state: withDefault(Param.oneOf("present", "latest", "absent"), "present"),
};

type Settings = Static<TObject<typeof params>>;

/** What `packages` gives. */
export type PackagesValue = AptValue;

/** What `packages` takes. */
export interface PackagesParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/** What installs packages, by the host's package manager. */
const providers: Readonly<
  Partial<Record<PackageManager, (host: PlanHost, p: Settings) => Plan<PackagesValue>>>
> = {
  apt: (host, p) => apt.plan(host, p),
};

/**
 * Installs, upgrades and removes packages with the host's own package manager: so far that is `apt`, and all that is
 * said there holds. What only one of them can do is a parameter of its own module. (`package`, which is what Ansible
 * calls it, is a reserved word.)
 *
 * @throws ShowrunnerError `task.failed` on a host with another package manager; what `apt` throws
 *
 * @example
 * await packages({ name: ["curl", "rsync"] });
 */
export const packages: Module<PackagesParams, PackagesValue> = defineModule({
  name: "packages",
  summary: "Installs, upgrades and removes packages with the host's package manager.",
  params,
  examples: [
    `packages({ name: "curl" })`,
    `packages({ name: ["curl", "rsync"], state: "latest" })`,
    `packages({ name: "telnetd", state: "absent" })`,
  ],
  title: ({ name }) => [name].flat().join(", "),
  async *plan(host, p) {
    const manager = await host.fact(packageManager, "");
    const provider = providers[manager];
    if (provider) return yield* provider(host, p);
    return fail(
      manager === ""
        ? "this host has no package manager that is known here"
        : `this host's packages are managed by ${manager}`,
      "`packages` works with apt so far; use the host's own package manager by `command`",
    );
  },
});
