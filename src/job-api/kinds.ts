import * as v from "valibot";
import type { Json } from "../job.ts";
import { found, type Param, type ParamProblem, type Params, type ParamValues } from "./param.ts";
import { param, type ParamOptions, recordOf } from "./params.ts";
import { readEach } from "./read-params.ts";

/** One thing of a map: its name, its kind, and the parameters of its kind. */
export type KindValue<Kinds extends Record<string, Params>> = {
  [Kind in keyof Kinds & string]: { readonly name: string; readonly type: Kind } & ParamValues<Kinds[Kind]>;
}[keyof Kinds & string];

/** A map of names to things of several kinds, each kind with parameters of its own: `{ site: { type: http, url: "https://..." } }`. */
export function kinds<const Kinds extends Record<string, Params>>(
  known: Kinds,
  options: ParamOptions<Record<string, Json>>,
): Param<KindValue<Kinds>[]> {
  const read = (given: Record<string, Json>) => Object.entries(given).map(([name, thing]) => readThing(known, name, thing));
  const schema = () =>
    v.pipe(
      recordOf(v.unknown()),
      v.transform((given) => read(given as Record<string, Json>).flatMap(({ value }) => value ?? [])),
    );
  const base = param({ type: "map", of: Object.keys(known).join(" | ") }, schema, options);
  return {
    facts: base.facts,
    get schema() {
      return base.schema;
    },
    parse(given) {
      const map = v.safeParse(recordOf(v.unknown()), given);
      const problems = map.success ? read(map.output as Record<string, Json>).flatMap((thing) => thing.problems) : [];
      return problems.length > 0 ? { problems } : base.parse(given);
    },
  } as Param<KindValue<Kinds>[]>;
}

function readThing(known: Record<string, Params>, name: string, thing: Json): { value?: object; problems: ParamProblem[] } {
  const names = Object.keys(known).join(", ");
  if (typeof thing !== "object" || thing === null || Array.isArray(thing)) {
    return { problems: [{ path: name, message: `${found(thing)} is not a map such as {type: ${Object.keys(known)[0]}}` }] };
  }
  const { type, ...rest } = thing;
  const params = typeof type === "string" && Object.hasOwn(known, type) ? known[type] : undefined;
  if (!params) return { problems: [{ path: `${name}.type`, message: `${found(type)} is not one of ${names}` }] };
  const { values, problems } = readEach(params, rest);
  if (problems.length > 0) return { problems: problems.map(({ path, message }) => ({ path: `${name}.${path}`, message })) };
  return { value: { name, type, ...values }, problems: [] };
}
