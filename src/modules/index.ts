/** Every module there is. */
export { command } from "./commands/command.ts";
