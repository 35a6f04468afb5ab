/** What is wrong with variables: the same mistake of many hosts is told once. */
import { listed } from "../../base/listed.ts";

/** A mistake as one host has it. */
export interface HostMistake {
  /** What is wrong: the variable, what was expected, what came instead. */
  readonly text: string;
  /** Where the value stands. */
  readonly place: string;
  readonly host: string;
  /** The play that asks for the variable; none where no play does. */
  readonly play?: string;
}

interface Mistake {
  readonly text: string;
  /** The hosts by the place that the value comes from. */
  readonly places: Map<string, Set<string>>;
  readonly plays: Set<string>;
}

/** Of more places than this the first ones are told, and how many there are. */
const mostPlaces = 6;

export class VarsMistakes {
  readonly #mistakes = new Map<string, Mistake>();

  add({ text, place, host, play }: HostMistake): void {
    const { places, plays } = this.#mistake(text);
    if (play !== undefined) plays.add(play);
    const hosts = places.get(place) ?? new Set();
    places.set(place, hosts.add(host));
  }

  /** Each mistake with the places and the hosts that have it, in the order in which the mistakes were met. */
  texts(): string[] {
    return [...this.#mistakes.values()].map(({ text, plays, places }) =>
      [text + askedBy([...plays]), ...placeLines([...places])].join("\n"),
    );
  }

  #mistake(text: string): Mistake {
    const known = this.#mistakes.get(text);
    if (known) return known;
    const mistake: Mistake = { text, places: new Map(), plays: new Set() };
    this.#mistakes.set(text, mistake);
    return mistake;
  }
}

function askedBy(plays: readonly string[]): string {
  if (plays.length === 0) return "";
  return ` (play${plays.length === 1 ? "" : "s"} ${plays.map((play) => `"${play}"`).join(", ")})`;
}

function placeLines(places: readonly (readonly [place: string, hosts: ReadonlySet<string>])[]): string[] {
  const told = places.length > mostPlaces ? places.slice(0, mostPlaces - 1) : places;
  const others = places.slice(told.length);
  return [
    ...told.map(([place, hosts]) => `  ${place}, for ${listed([...hosts])}`),
    ...(others.length === 0
      ? []
      : [
          `  and in ${others.length} more places, for ${listed([...new Set(others.flatMap(([, hosts]) => [...hosts]))])}`,
        ]),
  ];
}
