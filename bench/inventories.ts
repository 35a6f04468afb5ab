/** The inventories that are made while the bench runs, since their ports are not known before. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { benchFolder, projectFolder } from "./lab.ts";

/** How to log in where hosts are reached by the loopback address. */
export interface Login {
  readonly user: string;
  readonly identityFile: string;
  readonly knownHosts: string;
}

/**
 * Writes an inventory of hosts that are all at the loopback address.
 *
 * @param ports each host's, by its name
 * @returns the file's path from the checkout's folder, as the command line takes it
 */
export async function loopbackInventory(
  name: string,
  { user, identityFile, knownHosts }: Login,
  ports: ReadonlyMap<string, number>,
): Promise<string> {
  const hosts = Object.fromEntries([...ports].map(([host, port]) => [host, { address: "127.0.0.1", port }]));
  const definition = { settings: { user, identityFile, knownHosts, hostKeys: "known" }, hosts };
  const file = join(benchFolder, `${name}.ts`);
  await mkdir(benchFolder, { recursive: true });
  await writeFile(
    file,
    `import { inventory } from "showrunner";\n\nexport default inventory(${JSON.stringify(definition, undefined, 2)});\n`,
  );
  return relative(projectFolder, file);
}

/**
 * Writes a known_hosts file for hosts at the loopback address.
 *
 * @param keys each port's host key, as in a `.pub` file: type and base64
 */
export async function loopbackKnownHosts(
  name: string,
  keys: readonly { readonly port: number; readonly key: string }[],
): Promise<string> {
  const file = join(benchFolder, `${name}.known_hosts`);
  await mkdir(benchFolder, { recursive: true });
  await writeFile(file, keys.map(({ port, key }) => `[127.0.0.1]:${port} ${key}\n`).join(""));
  return file;
}
