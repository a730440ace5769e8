import { JobctlError } from "../errors.ts";
import type { Json } from "../job.ts";

/** The variables that `${NAME}` may take. */
export type Scope = (name: string) => string | undefined;

/** `$$`, which has no name, `${NAME}` or `${NAME:-fallback}`, and where it stands. */
interface Reference {
  at: number;
  end: number;
  name?: string;
  fallback?: string;
}

/** Found by hand: the first use of a regular expression is a two hundredth of a start, and every job has a zone that is a template. */
function* references(text: string): Generator<Reference, void> {
  for (let at = text.indexOf("$"), end = 0; at >= 0; at = text.indexOf("$", end)) {
    const reference = referenceAt(text, at);
    end = reference?.end ?? at + 1;
    if (reference) yield reference;
  }
}

function referenceAt(text: string, at: number): Reference | undefined {
  if (text[at + 1] === "$") return { at, end: at + 2 };
  if (text[at + 1] !== "{") return undefined;
  const nameAt = at + 2;
  let nameEnd = nameAt;
  while (mayName(text[nameEnd], nameEnd > nameAt)) nameEnd++;
  const name = text.slice(nameAt, nameEnd);
  if (name === "") return undefined;
  if (text[nameEnd] === "}") return { at, end: nameEnd + 1, name };
  const close = text.startsWith(":-", nameEnd) ? text.indexOf("}", nameEnd) : -1;
  return close < 0 ? undefined : { at, end: close + 1, name, fallback: text.slice(nameEnd + 2, close) };
}

const LETTERS = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** A variable's name is of letters, `_` and, but for the first, digits. */
function mayName(character: string | undefined, isLater: boolean): boolean {
  if (character === undefined) return false;
  return LETTERS.includes(character) || (isLater && character >= "0" && character <= "9");
}

/** Replaces `${NAME}`, `${NAME:-default}` (unset or empty) and `$$`. Throws JobctlError("config") for a variable that is not set; `where` begins its message. */
export function interpolate(text: string, scope: Scope, where: string): string {
  let [done, from] = ["", 0];
  for (const { at, end, name, fallback } of references(text)) {
    const value = name === undefined ? "$" : fallback === undefined ? scope(name) : scope(name) || fallback;
    if (value === undefined) throw new JobctlError("config", missingVariable(text.slice(at, end), name ?? "", where));
    done += text.slice(from, at) + value;
    from = end;
  }
  return done + text.slice(from);
}

function missingVariable(reference: string, name: string, where: string): string {
  return `${where}: ${reference}: the variable ${name} is not set; set it in the environment or the envFile, or write \${${name}:-default}`;
}

/** The variables of a text that have no default and are not set. */
export function unsetVariables(text: string, scope: Scope): string[] {
  return [...references(text)].flatMap(({ name, fallback }) =>
    name !== undefined && fallback === undefined && scope(name) === undefined ? [name] : [],
  );
}

/** True where interpolation would change the text. */
export function isTemplate(text: string): boolean {
  return references(text).next().done !== true;
}

/** The value with every text interpolated, keys left alone; itself where there is nothing to do. */
export function interpolateAll<Value>(value: Value, scope: Scope, where: string): Value {
  return walk(value as Json, scope, where) as Value;
}

/** Copies only what changes: a manifest may have thousands of jobs, and most name no variable. */
function walk(value: Json, scope: Scope, where: string): Json {
  if (typeof value === "string") return interpolate(value, scope, where);
  if (typeof value !== "object" || value === null) return value;
  const items = value as Record<string, Json>;
  let copy: Record<string, Json> | undefined;
  for (const key of Object.keys(items)) {
    const item = items[key] as Json;
    if (typeof item === "string" ? !item.includes("$") : typeof item !== "object") continue;
    const done = walk(item, scope, Array.isArray(value) ? `${where}[${key}]` : `${where}.${key}`);
    if (done === item) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, Json>;
    copy[key] = done;
  }
  return copy ?? value;
}
