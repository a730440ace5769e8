import { stripVTControlCharacters } from "node:util";
import type stringWidth from "string-width";

/** Columns that a text takes in a terminal: two for East Asian wide characters and emoji, none for combining ones. */
export const widthOf = (text: string): number => (isNarrow(text) ? text.length : measured(text));

/** First and last of the characters, but those of ASCII, that take one column each: Latin letters, and what we write ourselves (dashes, dots, arrows, lines, ✓ and ✗). */
const NARROW = ["\u00a1\u00ac", "\u00ae\u02ff", "\u2010\u2027", "\u2190\u2193", "\u2500\u25fc", "✓✓", "✗✗"].map(
  ([first = "", last = ""]) => [first.charCodeAt(0), last.charCodeAt(0)] as const,
);

const isNarrowSign = (code: number): boolean => NARROW.some(([first, last]) => first <= code && code <= last);

/** Is it of such characters alone, none of them a control character? By hand: a pattern's first use is a two hundredth of a start, and every skip tells its reason. */
function isNarrow(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if ((code < 0x20 || code > 0x7e) && !isNarrowSign(code)) return false;
  }
  return true;
}

/** string-width knows every emoji, and takes 35 ms of CPU time to learn them: it is loaded by the first text that needs it. */
function measured(text: string): number {
  const { createRequire } = process.getBuiltinModule("node:module");
  loaded.width ??= (createRequire(import.meta.filename)("string-width") as { default: typeof stringWidth }).default;
  return loaded.width(text);
}

const loaded: { width?: typeof stringWidth } = {};

/** The text, or its beginning with `…` where it is wider than `width` columns. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) {
    if (widthOf(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** The text with lines of at most `width` columns, broken between words. */
export function wrap(text: string, width: number): string {
  return text
    .split("\n")
    .map((line) => (widthOf(line) <= width ? line : wrapLine(line, width)))
    .join("\n");
}

function wrapLine(line: string, width: number): string {
  const [first = "", ...words] = line.split(" ");
  let [lines, last] = ["", first];
  for (const word of words) {
    if (widthOf(`${last} ${word}`) <= width) last += ` ${word}`;
    else [lines, last] = [`${lines}${last}\n`, word];
  }
  return lines + last;
}

/** One line without anything that moves the cursor or paints: what a job said must not rule the terminal of who looks. */
export function oneLine(text: string): string {
  if (isNarrow(text) && !text.includes("  ")) return text.trim();
  return stripVTControlCharacters(text).replaceAll(/\s+/g, " ").replaceAll(CONTROL, "").trim();
}

/** The same for text of several lines, which stay. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\r\n?/g, "\n").replaceAll(CONTROL_BUT_LAYOUT, "");
}

/**
 * Is it a line already as `oneLine` gives it, each character a column wide? For tables: of hundreds of cells V8 takes a look at each character for
 * worth compiling, a twentieth of a start.
 */
export const isPlainLine = (text: string): boolean => PLAIN_LINE.test(text);

// Words of narrow characters with one space between them.
const PLAIN_LINE = /^(?:[!-~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u2193\u2500-\u25fc✓✗](?: (?! |$))?)*$/;

// General category Cc, written out: V8 takes 0.2 ms to make its sets of `\p{Cc}`, and every skip tells its reason.
const CONTROL = /[\0-\x1f\x7f-\x9f]/g; // oxlint-disable-line no-control-regex
const CONTROL_BUT_LAYOUT = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g; // oxlint-disable-line no-control-regex
