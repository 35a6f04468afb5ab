import { ShowrunnerError } from "../base/errors.ts";

/** What a command did. */
interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface ExecOptions {
  /** Given to the command's standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Administrators' commands must be found when root's PATH is a user's. */
export const commandEnv = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/local/sbin:/usr/sbin:/sbin`,
  LC_ALL: "C.UTF-8",
});

/** Runs a command on this machine and returns what it did, whatever its status. */
export async function capture(
  argv: readonly string[],
  { input = "", env }: ExecOptions = {},
): Promise<Output> {
  const { $ } = await import("zx/core");
  const run = $({ quiet: true, nothrow: true, input, env: { ...commandEnv(), ...env } });
  const { exitCode, stdout, stderr } = await run`${[...argv]}`;
  return { code: exitCode ?? 255, stdout, stderr };
}

/** Runs a command on this machine, which must succeed, and returns its standard output. */
export async function exec(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await capture(argv, options);
  if (code === 0) return stdout;
  throw new ShowrunnerError("lab.failed", `${summary(argv)} failed with status ${code}`, {
    details: lastLines(`${stdout}\n${stderr}`),
  });
}

/** The last lines that say something. */
export function lastLines(text: string, count = 12): string[] {
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(-count);
}

function summary(argv: readonly string[]): string {
  const line = argv.join(" ").replaceAll(/\s+/g, " ");
  return `\`${line.length > 100 ? `${line.slice(0, 100)}…` : line}\``;
}
