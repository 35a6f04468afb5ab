/**
 * What a plain scalar is to Ansible, whose loader is PyYAML's: YAML 1.1 with rules of its own.
 *
 * @see https://github.com/yaml/pyyaml/blob/6.0.3/lib/yaml/resolver.py for the expressions
 * @see https://github.com/yaml/pyyaml/blob/6.0.3/lib/yaml/constructor.py for the values
 */
import type { ScalarTag } from "yaml";

/** Why a scalar can't be had as Ansible has it. Nothing of it is quoted: it may be a secret. */
interface Unlike {
  readonly problem: string;
  readonly hint: string;
}

/** A plain scalar that is no text. */
export class Typed {
  readonly value: boolean | number | string;
  /** What Python writes for it; undefined where nobody needs to know. */
  readonly python: string | undefined;
  readonly unlike: Unlike | undefined;

  constructor(value: Typed["value"], python?: string, unlike?: Unlike) {
    this.value = value;
    this.python = python;
    this.unlike = unlike;
  }
}

const quoted = "Put it in quotes.";

/**
 * The tags of plain scalars, but for texts and `null`, which the library reads alike.
 *
 * @param json whether the text is JSON, which Ansible reads by JSON's rules: there `1e3` is a number
 */
export function plainScalars(json: boolean): ScalarTag[] {
  const number = { tag: "tag:yaml.org,2002:float", default: true, resolve: float };
  const floatOfYaml: ScalarTag = {
    ...number,
    test: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  };
  const floatOfJson: ScalarTag = {
    ...number,
    test: /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?[eE][-+]?[0-9]+$/,
  };
  return [bool, floatOfYaml, ...(json ? [floatOfJson] : []), int, timestamp, special];
}

const bool: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  test: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => new Typed(/^(?:yes|true|on)$/i.test(text)),
};

const int: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  resolve: (text) => {
    const value = signed(text, (digits) => {
      if (digits.startsWith("0b")) return Number.parseInt(digits.slice(2), 2);
      if (digits.startsWith("0x")) return Number.parseInt(digits.slice(2), 16);
      if (digits.startsWith("0")) return Number.parseInt(digits, 8);
      return sexagesimal(digits);
    });
    if (Number.isNaN(value)) return new Typed(value, undefined, noNumber);
    // of one that is too large to be exact here its text may still be a key
    if (!Number.isSafeInteger(value)) return new Typed(value, /^-?[1-9][0-9]*$/.exec(text)?.[0], tooLarge);
    return new Typed(value, String(value));
  },
};

function float(text: string): Typed {
  const value = signed(text.toLowerCase(), (digits) => {
    if (digits === ".inf") return Number.POSITIVE_INFINITY;
    return digits === ".nan" ? Number.NaN : sexagesimal(digits);
  });
  const python = floatInPython(value);
  const here = String(value);
  return new Typed(value, python, here === python ? undefined : writtenOtherwise(python, here));
}

function signed(text: string, read: (digits: string) => number): number {
  const digits = text.replaceAll("_", "");
  const value = read(digits.replace(/^[-+]/, ""));
  // no negative zero of an integer
  return digits.startsWith("-") && !(value === 0 && !digits.includes(".")) ? -value : value;
}

/** `22:30` is 1350; added up in Python's order, since fractions are rounded. */
function sexagesimal(digits: string): number {
  return digits
    .split(":")
    .reverse()
    .reduce((sum, part, place) => sum + Number(part) * 60 ** place, 0);
}

/** The same shortest digits in both languages, but with other rules for exponents and whole numbers. */
function floatInPython(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  const [digits = "", power = ""] = value.toExponential().split("e");
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 16))
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  const sign = Object.is(value, -0) ? "-" : "";
  return Number.isInteger(value) ? `${sign}${value}.0` : String(value);
}

const timestamp: ScalarTag = {
  tag: "tag:yaml.org,2002:timestamp",
  default: true,
  test: /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9]{2})?))?)$/,
  resolve: (text) => {
    const { date = "", time } = asPythonWrites.exec(text)?.groups ?? {};
    if (date === "") return new Typed(text, undefined, pointInTime);
    const isThere = isDate(date) && (time === undefined || isTime(time));
    return isThere ? new Typed(text, text) : new Typed(text, undefined, noDate);
  },
};

/** The one form of a date, with or without a time of day, in which Python writes it. */
const asPythonWrites =
  /^(?<date>[\d-]{10})(?: (?<time>[\d:]{8})(?:\.(?!0{6})\d{6})?(?:(?:\+|-(?!00:00))(?:[01]\d|2[0-3]):[0-5]\d)?)?$/;

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  const isOne = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
  return isOne && !text.startsWith("0000");
}

function isTime(text: string): boolean {
  return /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(text);
}

/** Two that mean something as keys only. */
const special: ScalarTag = {
  tag: "tag:yaml.org,2002:value",
  default: true,
  test: /^(?:=|<<)$/,
  resolve: (text) =>
    new Typed(text, text, { problem: `${text} can't stand by itself in YAML`, hint: quoted }),
};

const noNumber: Unlike = { problem: "this is a number without digits, which Ansible refuses", hint: quoted };
const tooLarge: Unlike = {
  problem: "an integer beyond 9007199254740991 (2^53 - 1) would be rounded here",
  hint: `${quoted} Then it is a text, exact to the last digit.`,
};
const pointInTime: Unlike = {
  problem: "this is a point in time to Ansible, which would write it in another form",
  hint: `${quoted} Then it is a text as it stands here.`,
};
const noDate: Unlike = { problem: "this looks like a date, but there is no such date", hint: quoted };

function writtenOtherwise(python: string, here: string): Unlike {
  const isWhole = python === `${here}.0`;
  return {
    problem: isWhole
      ? "Ansible writes this number with .0 at its end, here it would be written without"
      : "Ansible writes this number in another form than it would be written here",
    hint: isWhole
      ? "Put it in quotes if it is a version or a text, or leave out the .0."
      : `${quoted} Then it is a text as it stands here.`,
  };
}
