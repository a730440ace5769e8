import { JobctlError } from "../errors.ts";
import type { Json } from "../job.ts";

/** The variables that `${NAME}` may take. */
export type Scope = (name: string) => string | undefined;

const REFERENCE = /\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})/g;

/** Replaces `${NAME}`, `${NAME:-default}` (unset or empty) and `$$`. Throws JobctlError("config") for a variable that is not set; `where` begins its message. */
export function interpolate(text: string, scope: Scope, where: string): string {
  if (!text.includes("$")) return text;
  return text.replace(REFERENCE, (reference, name?: string, fallback?: string) => {
    if (name === undefined) return "$";
    const value = scope(name);
    if (fallback !== undefined) return value || fallback;
    if (value !== undefined) return value;
    throw new JobctlError("config", missingVariable(reference, name, where));
  });
}

function missingVariable(reference: string, name: string, where: string): string {
  return `${where}: ${reference}: the variable ${name} is not set; set it in the environment or the envFile, or write \${${name}:-default}`;
}

/** The variables of a text that have no default and are not set. */
export function unsetVariables(text: string, scope: Scope): string[] {
  return [...text.matchAll(REFERENCE)].flatMap(([, name, fallback]) =>
    name !== undefined && fallback === undefined && scope(name) === undefined ? [name] : [],
  );
}

/** True where interpolation would change the text. */
export function isTemplate(text: string): boolean {
  return text.includes("$") && text.search(REFERENCE) >= 0;
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
