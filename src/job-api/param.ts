import type { GenericSchema } from "valibot";
import type { Json } from "../job.ts";

/** What people are told of a parameter: `jobctl run <job> --help` and `validate` show these. */
export interface ParamFacts {
  type: string;
  /** What a list holds. */
  of?: string;
  unit?: string;
  choices?: readonly string[];
  /** As the author wrote it (`30d`), not as the job sees it. */
  default?: Json;
  required: boolean;
  description: string;
}

export interface ParamProblem {
  /** Inside the value, `0` or `status.!=`; empty for the value itself. */
  path: string;
  message: string;
}

/** One parameter of a job: what it is, and how a given value becomes a typed one. */
export interface Param<Value> {
  readonly facts: ParamFacts;
  readonly schema: GenericSchema<unknown, Value>;
  /** Takes what the manifest holds, or the text of `--set`. */
  parse(given: Json): { value: Value } | { problems: ParamProblem[] };
}

// Every parameter is a Param<unknown> to those who only read facts; `any` because a Param is invariant in its value.
// oxlint-disable-next-line typescript/no-explicit-any
export type Params = Record<string, Param<any>>;

export type ParamValues<Schema extends Params> = {
  readonly [Name in keyof Schema]: Schema[Name] extends Param<infer Value> ? Value : never;
};

/** A value as a message shows it: JSON, cut where it is long. */
export function found(value: unknown): string {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
