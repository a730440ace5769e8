import { isJobctlError } from "../../errors.ts";
import type { Params } from "../../job-api/param.ts";
import { checkParams, describeParams } from "../../job-api/read-params.ts";
import type { Json } from "../../job.ts";
import { writeAll } from "../../system/write-all.ts";
import { type ImportModule, loadModule } from "./load-module.ts";
import type { ModuleDescription } from "./protocol.ts";

/** Prints a ModuleDescription as the last line of stdout and ends the process. Nothing of the job is called, but its module is imported; without `withJson` no values are checked. */
export async function describeModule(path: string, withJson: string | undefined, importModule: ImportModule): Promise<void> {
  const given = withJson === undefined ? undefined : (JSON.parse(withJson) as Record<string, Json>);
  const description = await describe(path, given, importModule);
  writeAll(1, `${JSON.stringify(description)}\n`);
  process.exit(0);
}

async function describe(path: string, given: Record<string, Json> | undefined, importModule: ImportModule): Promise<ModuleDescription> {
  try {
    const { description, params = {}, check } = await loadModule(path, importModule);
    const problems = [...wrongDefaults(params), ...(given ? checkParams(params, given).problems : [])];
    return { description, params: describeParams(params), hooks: { check: check !== undefined }, problems };
  } catch (error) {
    if (!isJobctlError(error)) throw error;
    return { description: null, params: [], hooks: { check: false }, problems: [error.message] };
  }
}

/** A default is text like `30d` and as easily wrong as a given value. */
function wrongDefaults(params: Params): string[] {
  return Object.entries(params).flatMap(([name, { facts, parse }]) => {
    const read = facts.default === undefined ? { value: undefined } : parse(facts.default);
    return "value" in read ? [] : read.problems.map(({ message }) => `the default of parameter ${name}: ${message}`);
  });
}
