import * as v from "valibot";
import type { Json } from "../job.ts";
import { DURATION_FORMS, parseDuration, parseSize, SIZE_FORMS } from "../units.ts";
import { found, type Param, type ParamFacts } from "./param.ts";

/** What every parameter may say. One with a default or `optional: true` need not be given. */
export interface ParamOptions<Given extends Json = Json> {
  description: string;
  default?: Given;
  optional?: true;
}

type Value<Type, Options> = Options extends { optional: true } ? Type | undefined : Type;

export function text<const Options extends ParamOptions<string>>(options: Options): Param<Value<string, Options>> {
  return param({ type: "text" }, () => v.string(isNot("text (put quotes around it)")), options);
}

export function number<const Options extends ParamOptions<number> & Range>(options: Options): Param<Value<number, Options>> {
  return param({ type: "number", unit: options.unit }, () => v.pipe(numeric("a number"), ...range(options)), options);
}

export function integer<const Options extends ParamOptions<number> & Range>(options: Options): Param<Value<number, Options>> {
  const whole = () => v.pipe(numeric("a whole number"), v.safeInteger(isNot("a whole number")), ...range(options));
  return param({ type: "integer", unit: options.unit }, whole, options);
}

export function flag<const Options extends ParamOptions<boolean>>(options: Options): Param<Value<boolean, Options>> {
  const words = () =>
    v.pipe(
      v.picklist(["true", "false", "yes", "no"]),
      v.transform((word) => word === "true" || word === "yes"),
    );
  return param({ type: "flag" }, () => v.union([v.boolean(), words()], isNot("true or false")), options);
}

/** Milliseconds; given as `90s`, `15m`, `30d`, or a number of milliseconds. */
export function duration<const Options extends ParamOptions<string | number>>(options: Options): Param<Value<number, Options>> {
  return param({ type: "duration", unit: "ms" }, () => converted(parseDuration, DURATION_FORMS), options);
}

/** Bytes; given as `512MB`, or a number of megabytes. */
export function size<const Options extends ParamOptions<string | number>>(options: Options): Param<Value<number, Options>> {
  return param({ type: "size", unit: "bytes" }, () => converted(parseSize, SIZE_FORMS), options);
}

export function choice<const Choice extends string, const Options extends ParamOptions<Choice>>(
  choices: readonly Choice[],
  options: Options,
): Param<Value<Choice, Options>> {
  return param({ type: "choice", choices }, () => v.picklist(choices, isNot(`one of ${choices.join(", ")}`)), options);
}

/** A list of one kind; given as a list, or as text with commas between the items. */
export function list<Item, const Options extends ParamOptions<Json[] | string>>(
  item: Param<Item>,
  options: Options,
): Param<Value<NonNullable<Item>[], Options>> {
  const items = () => v.array(item.schema as v.GenericSchema<unknown, NonNullable<Item>>, isNot("a list"));
  const schema = () => v.pipe(v.unknown(), v.transform(splitList), items());
  return param({ type: "list", of: item.facts.type, unit: item.facts.unit }, schema, options);
}

function splitList(given: unknown): unknown {
  if (typeof given !== "string") return given;
  return given.trim() === "" ? [] : given.split(",").map((each) => each.trim());
}

/** Any value that JSON can hold; text that begins like an object or a list is read as JSON. */
export function json<const Options extends ParamOptions>(options: Options): Param<Value<Json, Options>> {
  return param({ type: "json" }, () => v.pipe(v.unknown(), readJson()) as v.GenericSchema<unknown, Json>, options);
}

/** Names and values. */
export function record<const Options extends ParamOptions<Record<string, Json>>>(
  options: Options,
): Param<Value<Record<string, Json>, Options>> {
  return param({ type: "record" }, () => recordOf(v.unknown()) as v.GenericSchema<unknown, Record<string, Json>>, options);
}

/** Columns and the value that each gets. */
export function values<const Options extends ParamOptions<Record<string, Json>>>(options: Options) {
  const value = () =>
    v.union([v.string(), v.pipe(v.number(), v.finite()), v.boolean(), v.null()], isNot("text, a number, true, false or null"));
  return param({ type: "record", of: "value" }, () => recordOf(value()), options);
}

/** Columns of JSON and the keys in each. */
export function jsonKeys<const Options extends ParamOptions<Record<string, Json>>>(options: Options) {
  const keys = () => v.array(v.string(isNot("a key")), isNot("a list of keys"));
  return param({ type: "record", of: "keys" }, () => recordOf(keys()), options);
}

/** A record (or JSON text of one) whose values all pass a schema. */
export function recordOf<Schema extends v.GenericSchema>(schema: Schema) {
  const expected = isNot("a map of names to values");
  return v.pipe(
    v.unknown(),
    readJson(),
    v.check((given) => !Array.isArray(given), expected),
    v.record(v.string(), schema, expected),
  );
}

/**
 * Makes a parameter of one's own kind from a valibot schema that takes what YAML holds, and text. The schema is made when it is first
 * used: every job imports this package, with parameters that it does not have.
 */
export function param<Type, Options extends ParamOptions>(
  { unit, ...facts }: { type: string; unit?: string | undefined; of?: string; choices?: readonly string[] },
  makeSchema: () => v.GenericSchema<unknown, Type>,
  options: Options,
): Param<Value<Type, Options>> {
  const known: ParamFacts = {
    ...facts,
    ...(unit === undefined ? {} : { unit }),
    ...(options.default === undefined ? {} : { default: options.default }),
    required: options.default === undefined && !options.optional,
    description: options.description,
  };
  const made: { schema?: v.GenericSchema<unknown, Type> } = {};
  const schema = (): v.GenericSchema<unknown, Type> => (made.schema ??= makeSchema());
  return {
    facts: known,
    get schema() {
      return schema() as Param<Value<Type, Options>>["schema"];
    },
    parse: (given) => parse(schema(), given) as never,
  };
}

function parse<Type>(schema: v.GenericSchema<unknown, Type>, given: Json): ReturnType<Param<Type>["parse"]> {
  const read = v.safeParse(schema, given);
  if (read.success) return { value: read.output };
  return { problems: read.issues.map((issue) => ({ path: v.getDotPath(issue) ?? "", message: issue.message })) };
}

interface Range {
  min?: number;
  max?: number;
  unit?: string;
}

function range({ min = -Infinity, max = Infinity }: Range) {
  return [
    v.minValue<number, number, Message>(min, ({ input }) => `${found(input)} is below the least allowed, ${min}`),
    v.maxValue<number, number, Message>(max, ({ input }) => `${found(input)} is above the most allowed, ${max}`),
  ] as const;
}

type Message = (issue: { input: unknown }) => string;

/** The message of a value that is not what it should be. */
export function isNot(expected: string): Message {
  return ({ input }) => `${found(input)} is not ${expected}`;
}

function numeric(expected: string) {
  return converted(parseNumber, expected);
}

function parseNumber(written: string): number | undefined {
  const value = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?\s*$/i.test(written) ? Number(written) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** A number out of text or a number, as `read` understands its text. */
function converted(read: (written: string) => number | undefined, expected: string) {
  return v.pipe(
    v.union([v.string(), v.number()], isNot(expected)),
    v.rawTransform<string | number, number>(({ dataset, addIssue, NEVER }) => {
      const value = read(String(dataset.value));
      if (value !== undefined) return value;
      addIssue({ message: `${found(dataset.value)} is not ${expected}` });
      return NEVER;
    }),
  );
}

function readJson() {
  return v.rawTransform<unknown, unknown>(({ dataset: { value }, addIssue, NEVER }) => {
    if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
    try {
      return JSON.parse(value);
    } catch (error) {
      addIssue({ message: `${found(value)} is not JSON: ${(error as Error).message}` });
      return NEVER;
    }
  });
}
