import * as v from "valibot";
import type { Json } from "../../job.ts";
import type { Param } from "../param.ts";
import { isNot, param, type ParamOptions, recordOf } from "../params.ts";

export const COMPARISONS = ["=", "!=", "<", "<=", ">", ">=", "like"] as const;
export type Comparison = (typeof COMPARISONS)[number];
const EXPECTED = `a value, null, a list of values, or {op: value} with op one of ${COMPARISONS.join(" ")}`;

export type Scalar = string | number | boolean | null;

/** One condition on a column. A list of values goes with `=` (one of them) and `!=` (none of them). */
export interface Condition {
  column: string;
  comparison: Comparison;
  value: Scalar | Scalar[];
}

/**
 * `{column: value | null | [..] | {op: value}}`, all of which must hold. As in SQL, `!=` does not find NULL unless asked:
 * `{"!=": null}` is IS NOT NULL.
 */
export function conditions<const Options extends ParamOptions<Record<string, Json>>>(options: Options): Param<Condition[]> {
  const schema = () =>
    v.pipe(
      recordOf(v.union([operand(), v.pipe(comparisons(), v.minEntries(1, isNot(EXPECTED)))], isNot(EXPECTED))),
      v.transform((columns) => Object.entries(columns).flatMap(([column, given]) => toConditions(column, given))),
    );
  return param({ type: "conditions" }, schema as () => v.GenericSchema<unknown, Condition[]>, options) as Param<Condition[]>;
}

function operand() {
  const scalar = v.union([v.string(), v.pipe(v.number(), v.finite()), v.boolean(), v.null()]);
  return v.union([scalar, v.pipe(v.array(scalar), v.minLength(1, isNot(EXPECTED)))]);
}

function comparisons() {
  return v.pipe(
    v.record(v.picklist(COMPARISONS), operand()),
    v.check((given) => Object.entries(given).every(([comparison, value]) => fits(comparison, value)), isNot(EXPECTED)),
  );
}

function fits(comparison: string, value: unknown): boolean {
  return comparison === "=" || comparison === "!=" || (value !== null && !Array.isArray(value));
}

function toConditions(column: string, given: v.InferOutput<ReturnType<typeof operand> | ReturnType<typeof comparisons>>): Condition[] {
  if (given === null || typeof given !== "object" || Array.isArray(given)) return [{ column, comparison: "=", value: given }];
  return Object.entries(given).map(([comparison, value]) => ({ column, comparison: comparison as Comparison, value: value as Scalar }));
}
