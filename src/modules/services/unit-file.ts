/** systemd's unit files as data. */
import { Type } from "../../kit/index.ts";

/** A setting's value; a list becomes one line each, as `ExecStartPre` and `Environment` may have. */
const Setting = Type.Union([
  Type.String({ pattern: "^[^\\n]*$" }),
  Type.Number(),
  Type.Boolean(),
  Type.Array(Type.String({ pattern: "^[^\\n]*$" })),
]);

/** A section of a unit file: its settings in their order. */
export const Section = Type.Optional(
  Type.Record(Type.String({ pattern: "^[A-Za-z][A-Za-z0-9-]*$" }), Setting, {
    additionalProperties: false,
  }),
);

type Value = string | number | boolean | readonly string[];

/** Sections by their name in the file: `Unit`, `Service`. */
type Sections = readonly (readonly [name: string, settings: Readonly<Record<string, Value>> | undefined])[];

/** The file's text. */
export function renderUnit(sections: Sections): string {
  return sections
    .flatMap(([name, settings]) =>
      settings === undefined
        ? []
        : [
            [
              `[${name}]`,
              ...Object.entries(settings).flatMap(([key, value]) => renderSetting(key, value)),
              "",
            ].join("\n"),
          ],
    )
    .join("\n");
}

function renderSetting(key: string, value: Value): string[] {
  if (typeof value === "boolean") return [`${key}=${value ? "yes" : "no"}`];
  if (typeof value === "string" || typeof value === "number") return [`${key}=${value}`];
  return value.map((one) => `${key}=${one}`);
}

/** Whether a unit of this content does its work and ends, so that it is not active after a good start. */
export function isOneshot(content: string): boolean {
  const last = (setting: string) =>
    [...content.matchAll(new RegExp(`^${setting}\\s*=\\s*(.*?)\\s*$`, "gm"))].at(-1)?.[1];
  return last("Type") === "oneshot" && !/^(1|yes|true|on)$/i.test(last("RemainAfterExit") ?? "no");
}

/** What `systemctl show` calls a unit file's state while nothing links to it (systemctl(1), is-enabled). */
export function stateWhenNotEnabled(content: string): "disabled" | "indirect" | "static" {
  const install = /^\[Install\]\s*$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(content)?.[1] ?? "";
  if (/^(WantedBy|RequiredBy|UpheldBy|Alias)\s*=\s*\S/m.test(install)) return "disabled";
  return /^Also\s*=\s*\S/m.test(install) ? "indirect" : "static";
}
