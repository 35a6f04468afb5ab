/** The 60 tasks again and again, in one step: what a task costs once its code is warm and its facts are known. */
import { play, playbook } from "showrunner";
import { everything } from "./natural.ts";
import { rounds } from "./work.ts";

/** All of them, many times. */
export async function again(): Promise<void> {
  for (let round = 0; round < rounds; round++) await everything();
}

export default playbook([play("bench", { hosts: "all", become: true }, { again })]);
