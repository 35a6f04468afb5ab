/** The command line as a whole: the list of commands, help, and what happens to errors. */
import { Command, CommanderError } from "commander";
import { exitCode } from "../base/errors.ts";
import { sayText } from "../report/index.ts";
import { commands } from "./commands.ts";
import { printError } from "./print-error.ts";
import { catchStrayErrors, hadStrayError } from "./stray-errors.ts";
import { takePasswords } from "./taken-passwords.ts";

const intro = `Brings hosts to the state that TypeScript playbooks describe, over SSH, changing only what differs.

  npx run playbook                lists the playbooks there are
  npx run playbook site --check   says what a run would change
  npx run playbook site           makes it so`;

/**
 * Runs one command line.
 *
 * @param args the words after the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  catchStrayErrors();
  takePasswords();
  let result: number = exitCode.fine;
  const program = new Command("run")
    .usage("COMMAND [ARGUMENTS] [OPTIONS]")
    .description(intro)
    .helpOption("-h, --help", "shows this help; also after a command")
    .helpCommand("help [COMMAND]", "shows a command's help")
    .option("-V, --version", "prints the version")
    .showHelpAfterError("(`npx run --help` lists the commands; after a command it explains its options)")
    .configureOutput({
      writeOut: (text) => sayText(process.stdout, text),
      // it quotes what was typed
      writeErr: (text) => sayText(process.stderr, text),
    })
    .exitOverride();
  const wanted = args.find((word) => !word.startsWith("-") && word !== "help");
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).exitOverride().copyInheritedSettings(program);
    if (name !== wanted) continue;
    const { configure } = await load();
    configure(command, (code) => {
      result = code;
    });
  }
  if (args.length === 0) {
    program.outputHelp();
    return exitCode.usage;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    // a run that it ended, or that had failed by then, has said how it ended
    return hadStrayError() && result === exitCode.fine ? exitCode.error : result;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printError(error);
    const hint = await hintFor(error.code, args);
    if (hint !== undefined) sayText(process.stderr, `${hint}\n`);
    return error.exitCode === 0 ? exitCode.fine : exitCode.usage;
  }
}

/** What was probably meant by words that are no command or too many. */
async function hintFor(code: string, args: readonly string[]): Promise<string | undefined> {
  const [first, ...others] = args;
  if (code === "commander.unknownCommand") {
    const { listPlaybooks } = await import("./playbooks.ts");
    if (listPlaybooks().some(({ name }) => name === first))
      return `"${first}" is a playbook: npx run playbook ${first}`;
  }
  const variable = others.find((word, index) => /^[A-Za-z_]\w*=/.test(word) && !isExtra(others[index - 1]));
  if (code === "commander.excessArguments" && first === "playbook" && variable !== undefined)
    return `a variable follows -e: -e ${variable.slice(0, variable.indexOf("="))}=VALUE`;
  return undefined;
}

function isExtra(word: string | undefined): boolean {
  return word === "-e" || word === "--extra-vars";
}
