import { accountFilesAltered, groupExists, groupId, userGroups } from "../../facts/users.ts";
import {
  change,
  defineModule,
  type Module,
  type OptionalInput,
  Param,
  type RequiredInput,
  sh,
  Type,
} from "../../kit/index.ts";
import { accountPattern } from "./names.ts";

const params = {
  /** The group's name. */
  name: Type.String({ pattern: accountPattern, maxLength: 32 }),
  /** Whether there is such a group. Default: "present". */
  state: Param.state(),
  /** Its number. */
  gid: Type.Optional(Type.Integer({ minimum: 0 })),
  /** If it is created, take a number from the system's range. Default: false. */
  system: Param.flag(),
};

/** What `group` gives. */
export interface GroupValue {
  /** The group's name. */
  readonly name: string;
}

/** What `group` takes. */
export interface GroupParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Creates, renumbers and removes a group.
 *
 * @throws ShowrunnerError `change.failed` with groupadd's reason: a number that is taken
 *
 * @example
 * await group({ name: "app", system: true });
 */
export const group: Module<GroupParams, GroupValue> = defineModule({
  name: "group",
  summary: "Creates and removes a group.",
  params,
  onlyPresent: ["gid"],
  examples: [`group({ name: "app", system: true })`, `group({ name: "old", state: "absent" })`],
  title: ({ name }) => name,
  async *plan(host, p) {
    const { name, gid } = p;
    const [exists, id] = await Promise.all([
      host.fact(groupExists, name),
      gid === undefined ? undefined : host.fact(groupId, name),
    ]);
    if (p.state === "absent") {
      if (exists)
        yield change({
          what: "removed",
          before: name,
          script: sh`groupdel -- ${name}`,
          sets: [groupExists.is(name, false), groupId.is(name, undefined)],
          touches: [userGroups.of(), ...accountFilesAltered],
        });
    } else if (!exists) {
      const options = [...(p.system ? ["--system"] : []), ...(gid === undefined ? [] : ["--gid", gid])];
      yield change({
        what: "created",
        after: name,
        script: sh`groupadd ${options} -- ${name}`,
        sets: [groupExists.is(name, true), ...(gid === undefined ? [] : [groupId.is(name, gid)])],
        touches: [groupId.of(name), ...accountFilesAltered],
      });
    } else if (gid !== undefined && id !== gid) {
      yield change({
        what: "gid",
        before: id,
        after: gid,
        script: sh`groupmod --gid ${gid} -- ${name}`,
        sets: [groupId.is(name, gid)],
        // files keep the old number, and are shown with it
        touches: ["everything"],
      });
    }
    return { name };
  },
});
