/** Argument lists with everything that crontab, sh or systemd treats in a special way. */
export const NASTY: readonly (readonly string[])[] = [
  ["plain"],
  [""],
  ["", "", ""],
  [" "],
  ["two words", "three more words"],
  [" leading", "trailing "],
  ["tab\there"],
  ["'single'"],
  ['"double"'],
  [`both ' and "`],
  ["it's", `"`, `'`],
  ["back\\slash"],
  ["trailing\\"],
  ["\\"],
  ["\\\\"],
  ["\\n \\t \\x41 \\101 \\s"],
  ["\\%"],
  ["\\\\%"],
  ["%"],
  ["%%"],
  ["100%"],
  ["%n %i %H %%n"],
  ["$HOME", "${HOME}", "$$", "$", "${", "$(id)", "`id`"],
  ["$1", "$@", "${HOME:-x}"],
  ["a$b$c"],
  [";"],
  [";", "second"],
  ["a;b", "a ; b"],
  ["&", "&&", "|", "||", ">", "<", ">>", "2>&1"],
  ["*", "?", "[a-z]", "~", "~root", "{a,b}"],
  ["#comment", "# comment", "a#b"],
  ["!", "!!", "!x"],
  ["-", "--", "-x", "--long=value"],
  ["@", "@x", "+", "+x", ":", ":x", "|x", "=x"],
  ["NAME=value", "NAME="],
  ["äöü ß €", "日本語", "🙂"],
  ["\u0001\u0002\u001f\u007f"],
  ["\r"],
  ["carriage\r"],
  ["\u0085 \u00a0 \u2028"],
  ["<3>not a priority"],
  ["{}", "[]", "()", "(a)"],
  ["^", "^a^b"],
  ["\\;", "\\\\;"],
  ["/path with/blank", "./relative", "../up"],
  ["x".repeat(500)],
  ["%", "\\", '"', "'", "$", "`", " ", "\t"],
];

/** Line breaks, which sh and systemd take and no crontab does. */
export const WITH_LINE_BREAKS: readonly (readonly string[])[] = [["two\nlines"], ["\n"], ["trailing\n"], ["\\\n"], ["a\\\nb"], ["%\n%"]];

/** Random lists of the same signs, the same ones in every test run. */
export function randomArguments(count: number): string[][] {
  const signs = [..."abc 019'\"\\%$;&|<>*?[]{}()#!~`^=@:+-_.,/äß🙂\t"];
  let state = 42;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + next(4) }, () => Array.from({ length: next(12) }, () => signs[next(signs.length)]).join("")),
  );
}
