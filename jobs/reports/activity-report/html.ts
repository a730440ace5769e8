import { escapeHtml } from "jobctl";

/** Markup that is whole and safe to put into a page. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | null | readonly Part[];

/** A template whose values are escaped, but for markup made by this very function; null is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return { markup: strings.map((text, index) => text + render(values[index] ?? null)).join("") };
}

/** Takes text for markup as it is: for what a library drew. */
export function trusted(markup: string): Html {
  return { markup };
}

function render(part: Part): string {
  if (part === null) return "";
  if (Array.isArray(part)) return part.map((each: Part) => render(each)).join("");
  if (typeof part === "object") return (part as Html).markup;
  return escapeHtml(String(part));
}
