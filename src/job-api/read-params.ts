import { JobctlError } from "../errors.ts";
import type { Json } from "../job.ts";
import { didYouMean } from "../nearest.ts";
import type { ParamFacts, ParamProblem, Params, ParamValues } from "./param.ts";

/** The typed values of a job's parameters. Throws one JobctlError (config) that holds every problem, one a line. */
export function readParams<Schema extends Params>(params: Schema, given: Record<string, Json>): ParamValues<Schema> {
  const { values, problems } = checkParams(params, given);
  if (problems.length > 0) throw new JobctlError("config", problems.join("\n"));
  return values;
}

/** The same without throwing; `values` holds those that could be read. */
export function checkParams<Schema extends Params>(
  params: Schema,
  given: Record<string, Json>,
): { values: ParamValues<Schema>; problems: string[] } {
  const { values, problems } = readEach(params, given);
  return { values, problems: problems.map(({ path, message }) => `with.${path}: ${message}`) };
}

/** The same, with the place of each problem apart. */
export function readEach<Schema extends Params>(
  params: Schema,
  given: Record<string, Json>,
): { values: ParamValues<Schema>; problems: ParamProblem[] } {
  const problems = Object.keys(given)
    .filter((name) => !Object.hasOwn(params, name))
    .map((name) => ({ path: name, message: unknownName(name, Object.keys(params)) }));
  const values: Record<string, unknown> = {};
  for (const [name, param] of Object.entries(params)) {
    const value = (Object.hasOwn(given, name) ? given[name] : undefined) ?? param.facts.default;
    if (value === undefined) {
      if (param.facts.required) {
        problems.push({ path: name, message: `missing; it is required (${param.facts.type}): ${param.facts.description}` });
      }
      continue;
    }
    const read = param.parse(value);
    if ("value" in read) values[name] = read.value;
    else problems.push(...read.problems.map(({ path, message }) => ({ path: [name, path].filter(Boolean).join("."), message })));
  }
  return { values: values as ParamValues<Schema>, problems };
}

function unknownName(name: string, known: string[]): string {
  const rest = didYouMean(name, known) || (known.length > 0 ? `; it has ${known.join(", ")}` : "; it has none");
  return `the job has no such parameter${rest}`;
}

/** A parameter as `jobctl run <job> --help` and `validate --json` tell it. */
export type DescribedParam = { name: string } & ParamFacts;

export function describeParams(params: Params): DescribedParam[] {
  return Object.entries(params).map(([name, { facts }]) => Object.assign({ name }, facts));
}
