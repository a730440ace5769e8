import type { OwnFields } from "./seed-metadata.ts";

const WORK = ["uses", "command", "shell"] as const;

type Fields = Record<string, unknown>;

/**
 * Lays fields over others: maps are merged key by key, everything else is replaced. Another kind of work replaces the work
 * below it whole; a schedule's text is its `expression`.
 */
export function overlay(below: OwnFields, above: OwnFields): OwnFields {
  const base: Fields = { ...below };
  if (WORK.some((kind) => above[kind] !== undefined)) for (const kind of WORK) delete base[kind];
  if ((above.command ?? above.shell) !== undefined) delete base["with"];
  return merge(withScheduleMap(base, above), withScheduleMap(above, below)) as OwnFields;
}

/** A text and a map are merged as two maps. */
function withScheduleMap(fields: Fields, other: Fields): Fields {
  if (typeof fields["schedule"] !== "string" || !isMap(other["schedule"])) return fields;
  return { ...fields, schedule: { expression: fields["schedule"] } };
}

function merge(below: Fields, above: Fields): Fields {
  const result: Fields = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = result[key];
    result[key] = isMap(old) && isMap(value) ? merge(old, value) : value;
  }
  return result;
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
