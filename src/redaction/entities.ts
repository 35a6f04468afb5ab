/** HTML's names for characters: those of ASCII and Latin-1, which is what programs write. */

const ascii: readonly string[] = [
  "amp &",
  "lt <",
  "gt >",
  'quot "',
  "apos '",
  "excl !",
  "num #",
  "dollar $",
  "percnt %",
  "lpar (",
  "rpar )",
  "ast *",
  "midast *",
  "plus +",
  "comma ,",
  "period .",
  "sol /",
  "colon :",
  "semi ;",
  "equals =",
  "quest ?",
  "commat @",
  "lsqb [",
  "lbrack [",
  "bsol \\",
  "rsqb ]",
  "rbrack ]",
  "Hat ^",
  "lowbar _",
  "grave `",
  "lcub {",
  "lbrace {",
  "verbar |",
  "vert |",
  "rcub }",
  "rbrace }",
  "tilde ~",
  "AMP &",
  "LT <",
  "GT >",
  'QUOT "',
];

/** From U+00A0 on. */
const latin1 =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

export const entities: ReadonlyMap<string, string> = new Map([
  ...ascii.map((one) => [one.slice(0, -2), one.slice(-1)] as const),
  ...latin1.split(" ").map((name, index) => [name, String.fromCharCode(0xa0 + index)] as const),
  ["Tab", "\t"] as const,
  ["NewLine", "\n"] as const,
]);
