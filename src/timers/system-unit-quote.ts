/** What stands for itself as a word of a value (but for the first of ExecStart=, see target-problems.ts). */
const PLAIN = /^[A-Za-z0-9_/.,:=+-]+$/;

/** Words of a text that stands for itself, as most do. */
const SIMPLE = /^[\w.,:;()/-]+(?: [\w.,:;()/-]+)*$/;

/** One argument of ExecStart= (systemd.service(5), COMMAND LINES): no word splitting, no specifiers, no variables. */
export function execArgument(text: string): string {
  return PLAIN.test(text) ? text : `"${escaped(text).replaceAll("$", "$$$$")}"`;
}

/** One word of any other value that takes several: Environment=, ReadWritePaths=. There a $ means nothing. */
export function unitWord(text: string): string {
  return PLAIN.test(text) ? text : `"${escaped(text)}"`;
}

/** A value that is one line of text for people, such as Description=. */
export function unitText(text: string): string {
  if (SIMPLE.test(text)) return text;
  // A backslash at the end would take in the next line.
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ").replace(/[\\ ]+$/, "");
  return line.trimStart().replaceAll("%", "%%");
}

/** systemd.syntax(7), QUOTING. Throws on NUL. */
function escaped(text: string): string {
  if (text.includes("\0")) throw new RangeError("an argument can't hold a NUL byte");
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("%", "%%")
    .replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t")
    .replaceAll(/\p{Cc}/gu, (sign) => (sign < "\u0080" ? `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}` : sign));
}
