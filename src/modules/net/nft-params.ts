/** Tables of nftables as typed values. */
import { Param, refusing, type Static, Type } from "../../kit/index.ts";
import { mistakeInRule, type NftRule } from "./nft-rule.ts";

const word = "[A-Za-z_][A-Za-z0-9_.-]*";
const name = () => Type.String({ pattern: `^${word}$` });
/** A text that nft puts into quotes. */
const quoted = () => Type.String({ pattern: '^[^\\0\\n\\r"]{1,127}$' });
const Rule = refusing(Type.Unsafe<NftRule>({ title: "NftRule" }), mistakeInRule);

const Chain = Type.Object(
  {
    /** What kind of chain it is. Left out: one that other chains jump to. */
    type: Type.Optional(Param.oneOf("filter", "nat", "route")),
    /** Where packets meet it. */
    hook: Type.Optional(
      Param.oneOf("ingress", "prerouting", "input", "forward", "output", "postrouting", "egress"),
    ),
    /** When they meet it, among the chains of the hook: a number, "filter", "dstnat", "srcnat - 5". Left out: "filter". */
    priority: Type.Optional(Type.Union([Type.Integer(), Type.String({ pattern: "^[a-z]+( [+-] \\d+)?$" })])),
    /** What becomes of packets that no rule decides. Left out: "accept". */
    policy: Type.Optional(Param.oneOf("accept", "drop")),
    /** The devices of a chain at `ingress` or `egress`. */
    devices: Type.Optional(Type.Array(quoted(), { minItems: 1 })),
    /** Its rules, in their order. */
    rules: Type.Array(Rule),
  },
  { additionalProperties: false },
);

const typeOf = () => Type.String({ pattern: "^[a-z0-9_]+( \\. [a-z0-9_]+)*$" });
const element = () => Type.Union([Type.String({ pattern: "^[^\\0\\n\\r;{}]+$" }), Type.Integer()]);

const NamedSet = Type.Object(
  {
    /** What it holds: "ipv4_addr", "inet_service", "ipv4_addr . inet_service". */
    type: typeOf(),
    /** "interval" for networks and ranges, "timeout", "dynamic". */
    flags: Type.Optional(Type.Array(Param.oneOf("constant", "interval", "timeout", "dynamic"))),
    /** How long an element stays: "1h". */
    timeout: Type.Optional(Type.String({ pattern: "^(\\d+[dhms])+$" })),
    /** What it begins with. */
    elements: Type.Optional(Type.Array(element())),
  },
  { additionalProperties: false },
);

const NamedMap = Type.Object(
  {
    /** What its keys are: "inet_service". */
    key: typeOf(),
    /** What its values are: "verdict", "ipv4_addr". */
    value: typeOf(),
    /** "interval" for keys that are networks or ranges, "timeout", "dynamic". */
    flags: Type.Optional(Type.Array(Param.oneOf("constant", "interval", "timeout", "dynamic"))),
    /** Values by their keys. */
    elements: Type.Optional(Type.Record(Type.String({ pattern: "^[^\\0\\n\\r;{}]+$" }), element())),
  },
  { additionalProperties: false },
);

export const Table = Type.Object(
  {
    /** What it is called. */
    name: name(),
    /** Whose packets it sees. Left out: "inet", which is IPv4 and IPv6. */
    family: Type.Optional(Param.oneOf("inet", "ip", "ip6", "arp", "bridge", "netdev")),
    /** Its sets, by their names. */
    sets: Type.Optional(Type.Record(name(), NamedSet, { additionalProperties: false })),
    /** Its maps, by their names. */
    maps: Type.Optional(Type.Record(name(), NamedMap, { additionalProperties: false })),
    /** What no other parameter says, in nft's own words, before the chains: `"ct helper ftp { … }"`. */
    raw: Type.Optional(Type.Array(Type.String({ pattern: "^[^\\0]+$" }))),
    /** Its chains, by their names. */
    chains: Type.Record(name(), Chain, { additionalProperties: false }),
  },
  { additionalProperties: false },
);

/** A table of `nftables`, with its sets, maps and chains. */
export type NftTable = Static<typeof Table>;
