import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

/** Columns that a text takes in a terminal: two for East Asian wide characters and emoji, none for combining ones. */
export const widthOf = (text: string): number => stringWidth(text);

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

/** One line without anything that moves the cursor or paints: what a job said must not rule the terminal of who looks. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\s+/g, " ").replaceAll(CONTROL, "").trim();
}

/** The same for text of several lines, which stay. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\r\n?/g, "\n").replaceAll(CONTROL_BUT_LAYOUT, "");
}

const CONTROL = /\p{Cc}/gu;
const CONTROL_BUT_LAYOUT = /(?![\n\t])\p{Cc}/gu;
