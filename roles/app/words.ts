/** Texts in systemd's own spellings. */
import { Secret } from "showrunner";

/** systemd's EnvironmentFile: double quotes, in which backslash, quote, dollar and backtick are escaped. */
export function environmentFile(environment: Readonly<Record<string, string | Secret>>): Secret {
  const lines = Object.entries(environment).map(([key, value]) => {
    const text = typeof value === "string" ? value : value.reveal();
    return `${key}="${text.replace(/[\\"$`]/g, "\\$&")}"\n`;
  });
  return new Secret(lines.join(""));
}

/** A word of a unit's command line: quoted where it must be, and with `%` and `$` meaning themselves. */
export function unitWord(word: string): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[A-Za-z0-9_/.:=@%+,$-]+$/.test(plain) ? plain : `"${plain.replace(/[\\"]/g, "\\$&")}"`;
}
