/** What tells of a person in a row: values that replace columns, and for columns of JSON the keys that go, at any depth. */
export interface ScrubRule {
  set: Readonly<Record<string, string | number | boolean | null>>;
  scrubJson: Readonly<Record<string, readonly string[]>>;
}

/** A copy of a row in its anonymized form. Throws where a column that must be scrubbed holds no JSON. */
export function scrubRow<Row extends Record<string, unknown>>(row: Row, { set, scrubJson: columns }: ScrubRule): Row {
  const scrubbed = Object.entries(columns).map(([column, keys]) => [column, scrubColumn(column, row[column], keys)]);
  return { ...row, ...set, ...(Object.fromEntries(scrubbed) as Partial<Row>) };
}

function scrubColumn(column: string, value: unknown, keys: readonly string[]): unknown {
  if (value === null || value === undefined) return null;
  // A json column of PostgreSQL comes as the value itself.
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const scrubbed = scrubJson(text, keys);
  if (scrubbed === undefined) throw new Error(`${column} holds no JSON, so what it tells of a person can't be taken out of it`);
  return typeof value === "string" ? scrubbed : JSON.parse(scrubbed);
}

/**
 * JSON text without the given keys, at any depth; undefined where it is no JSON. `phoneNumber` also takes away
 * `phone_number` and `PhoneNumber`. Text without such a key comes back as it was; numbers keep all their digits.
 */
export function scrubJson(text: string, keys: readonly string[]): string | undefined {
  const personal = new Set(keys.map(plain));
  const found = { any: false };
  try {
    const value: unknown = parse(text, function (key, each, { source }) {
      if (!Array.isArray(this) && personal.has(plain(key)) && key !== "") {
        found.any = true;
        return undefined;
      }
      return typeof each === "number" && source !== undefined ? rawJson(source) : each;
    });
    return found.any ? JSON.stringify(value) : text;
  } catch {
    return undefined;
  }
}

function plain(key: string): string {
  return key.replaceAll(/[_-]/g, "").toLowerCase();
}

/** Newer than TypeScript's es2024 (https://tc39.es/proposal-json-parse-with-source/); in Node since 21. */
const { parse, rawJSON: rawJson } = JSON as unknown as {
  parse(text: string, reviver: (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
};
