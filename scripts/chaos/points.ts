/** The events of a run, each under a name that is the same in every run: a fault can then be aimed at one. */
import type { TimedEvent } from "../../src/core/events/events.ts";

/** A moment of a run. */
export interface Point {
  readonly key: string;
  /** The number of its play, from 0. */
  readonly play: number;
  /** Undefined for what concerns all hosts. */
  readonly host: string | undefined;
  /** Which line of a command's output it is, from 1; undefined for all other events. */
  readonly line: number | undefined;
  /** The task's module, if it is about a task. */
  readonly module: string | undefined;
}

/** Names the events of one run, in their order. */
export class PointNames {
  #play = -1;
  readonly #counts = new Map<string, number>();
  readonly #tasks = new Map<number, { name: string; module: string }>();

  /** @returns undefined for an event that may or may not come: a retry, a warning */
  nameOf(event: TimedEvent): Point | undefined {
    if (event.type === "play:start") this.#play++;
    switch (event.type) {
      case "run:start":
      case "run:end":
        return this.#point(event.type, undefined);
      case "play:start":
      case "play:end":
        return this.#point(`${event.type} ${event.play}`, undefined);
      case "step:start":
        return this.#point(`${event.type} ${event.step}`, undefined);
      case "host:step":
      case "host:step:end":
        return this.#point(`${event.host} ${event.type} ${event.step}`, event.host);
      case "task:start": {
        const { id, module, title } = event.task;
        const name = this.#counted(`${event.host} ${event.step}: ${module} ${title}`);
        this.#tasks.set(id, { name, module });
        return this.#point(`${name}: begins`, event.host, { module });
      }
      case "task:end": {
        const task = this.#tasks.get(event.task.id);
        return task && this.#point(`${task.name}: ends`, event.host, { module: task.module });
      }
      case "task:output": {
        const task = this.#tasks.get(event.task);
        if (!task) return undefined;
        const line = this.#count(`${task.name}: line`);
        return this.#point(`${task.name}: line ${line}`, event.host, { module: task.module, line });
      }
      default:
        return undefined;
    }
  }

  #point(
    name: string,
    host: string | undefined,
    { module, line }: { module?: string; line?: number } = {},
  ): Point {
    const play = Math.max(0, this.#play);
    const key = `play ${play + 1}, ${line === undefined ? this.#counted(name) : name}`;
    return { key, play, host, line, module };
  }

  /** The name, with a number from its second appearance on. */
  #counted(name: string): string {
    const count = this.#count(`${this.#play} ${name}`);
    return count > 1 ? `${name} (${count})` : name;
  }

  #count(name: string): number {
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count;
  }
}
