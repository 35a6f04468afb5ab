/** The first of the 60 tasks: what a host costs that has only just been reached. */
import { apt, play, playbook } from "showrunner";
import { packages } from "./work.ts";

const [name = ""] = packages;

export default playbook([play("bench", { hosts: "all", become: true }, { one: () => apt({ name }) })]);
