import type { Json } from "../job.ts";

/** What `run` returned, as JSON; nothing becomes null. Throws a TypeError that names the place of what JSON can't hold. */
export function checkedResult(result: unknown): Json {
  if (result === undefined) return null;
  const problem = notJson(result, "", new Set());
  if (problem) throw new TypeError(`run must return what JSON can hold, but its result${problem}`);
  return JSON.parse(JSON.stringify(result)) as Json;
}

function notJson(value: unknown, path: string, above: Set<object>): string | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean" || (value === undefined && path !== "")) return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (typeof value !== "object") return `${path} is a ${typeof value}`;
  if (above.has(value)) return `${path} contains itself`;
  const plain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
  if (!plain) return `${path} is a ${value.constructor?.name ?? "class instance"}${value instanceof Date ? " (use toISOString())" : ""}`;
  const inside = new Set(above).add(value);
  for (const [key, each] of Object.entries(value)) {
    const problem = notJson(each, `${path}.${key}`, inside);
    if (problem) return problem;
  }
  return undefined;
}
