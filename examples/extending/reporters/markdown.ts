import { defineReporter } from "showrunner";

/** A table for the page of a CI job: `npx run playbook logins --reporter markdown >>"$GITHUB_STEP_SUMMARY"`. */
export default defineReporter(({ write }) => ({
  subscribe(event) {
    if (event.type === "run:start") write(`| host | task | |\n| --- | --- | --- |\n`);
    if (event.type === "task:end" && event.status !== "ok")
      write(`| ${event.host} | ${event.task.module} ${event.task.title} | ${event.status} |\n`);
    if (event.type !== "run:end") return;
    const { changed, failed, unreachable } = event.totals;
    write(`\n${changed} changed, ${failed} failed, ${unreachable} unreachable\n`);
  },
}));
