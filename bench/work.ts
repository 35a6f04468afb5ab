/** The 60 tasks as data: Showrunner's plays, the floor's scripts and Ansible's playbook are all made from it. */
import { fileURLToPath } from "node:url";

export const root = "/srv/bench";

/** A file whose content stands in the play. */
export interface BenchFile {
  readonly path: string;
  readonly content: string;
}

/** A file from the template that all of them share, in each tool's own template language. */
export interface BenchSite {
  readonly dest: string;
  readonly name: string;
  readonly port: number;
  readonly peers: readonly string[];
}

/** A setting in the file that all of them share. */
export interface BenchLine {
  readonly path: string;
  readonly key: string;
  readonly line: string;
}

export interface BenchUser {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

/** A command that runs once: afterwards the path is there. */
export interface BenchCommand {
  readonly argv: readonly string[];
  readonly creates: string;
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

export const packages: readonly string[] = ["curl", "rsync", "tree", "cron", "nginx-light"];

export const directories: readonly string[] = [
  root,
  ...["conf", "files", "sites", "state"].map((name) => `${root}/${name}`),
  ...numbers(10).map((number) => `${root}/data-${number}`),
];

/** About 1 KB each: what configuration files are like. */
export const files: readonly BenchFile[] = numbers(15).map((number) => ({
  path: `${root}/files/settings-${number}.conf`,
  content: numbers(24)
    .map((line) => `service-${number}.option-${line} = "the value of ${line}"\n`)
    .join(""),
}));

export const sites: readonly BenchSite[] = numbers(10).map((number) => ({
  dest: `${root}/sites/site-${number}.conf`,
  name: `site-${number}.example.org`,
  port: 8000 + number,
  peers: numbers(4).map((peer) => `10.82.1.${number * 10 + peer}:9000`),
}));

export const lines: readonly BenchLine[] = ["COLOR", "LEVEL", "PLACE", "RETRIES", "ZONE"].map(
  (key, index) => ({
    path: `${root}/conf/environment`,
    key,
    line: `${key}=value-${index}`,
  }),
);

export const services: readonly string[] = ["cron", "nginx", "ssh"];

export const users: readonly BenchUser[] = ["benchapp", "benchops"].map((name) => ({
  name,
  home: `/home/${name}`,
  shell: "/bin/bash",
}));

export const commands: readonly BenchCommand[] = numbers(5).map((number) => ({
  argv: ["touch", `${root}/state/initialised-${number}`],
  creates: `${root}/state/initialised-${number}`,
}));

export const directoryMode = "0755";
export const fileMode = "0644";

/** How often `again.ts` does all of them. */
export const rounds = 11;

export const taskCount =
  packages.length +
  directories.length +
  files.length +
  sites.length +
  lines.length +
  services.length +
  users.length +
  commands.length;

/** A tree of files to copy: apart from the 60 tasks. */
export const tree = {
  source: fileURLToPath(new URL("../.showrunner/bench/tree", import.meta.url)),
  dest: `${root}-tree`,
  folders: 40,
  filesEach: 50,
} as const;

/** The template in Showrunner's language. */
export const siteTemplate = fileURLToPath(new URL("templates/site.conf.ejs", import.meta.url));

/** What both templates must come to: written a third time, so that neither tool marks its own work. */
export function siteContent({ name, port, peers }: BenchSite): string {
  return [
    `# ${name}`,
    `upstream ${name} {`,
    ...peers.map((peer) => `  server ${peer};`),
    "}",
    "server {",
    `  listen ${port};`,
    `  server_name ${name};`,
    `  location / { proxy_pass http://${name}; }`,
    "}",
    "",
  ].join("\n");
}
