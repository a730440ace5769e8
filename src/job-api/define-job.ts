import { JobctlError } from "../errors.ts";
import type { Json } from "../job.ts";
import { didYouMean } from "../nearest.ts";
import type { JobContext } from "./job-context.ts";
import type { Params, ParamValues } from "./param.ts";

/** What `run` may return: JSON, kept as the run's result, or nothing. */
export type JobResult = Json | void;

/**
 * A job. The hooks are called in the order check, before, run, after; `onError` where one of the last three throws.
 * Nothing is called before the run's gates have passed.
 */
export interface JobDefinition<Schema extends Params = Params> {
  /** One sentence for `jobctl list` and `--help`. */
  description: string;
  params?: Schema;
  /** May it run now? `false`, or a text that says why not, makes the run `skipped`; nothing else is called. */
  check?(context: JobContext<ParamValues<Schema>>): boolean | string | void | Promise<boolean | string | void>;
  before?(context: JobContext<ParamValues<Schema>>): void | Promise<void>;
  run(context: JobContext<ParamValues<Schema>>): JobResult | Promise<JobResult>;
  after?(context: JobContext<ParamValues<Schema>>, result: Json): void | Promise<void>;
  /** Called with what was thrown, before the run ends as failed. */
  onError?(context: JobContext<ParamValues<Schema>>, error: unknown): void | Promise<void>;
}

/** Types a job: `export default defineJob({ description, params, run(context) {...} })`. */
export function defineJob<const Schema extends Params = Record<never, never>>(definition: JobDefinition<Schema>): JobDefinition<Schema> {
  return definition;
}

const KEYS = ["description", "params", "check", "before", "run", "after", "onError"];

/** What a module exports by default, checked: JavaScript has no types to do it. `place` names the module. */
export function asJobDefinition(exported: unknown, place: string): JobDefinition {
  if (typeof exported !== "object" || exported === null || !("run" in exported) || typeof exported.run !== "function") {
    throw new JobctlError("config", `${place}: has no job; it must \`export default defineJob({ description, run(context) {...} })\``);
  }
  for (const key of Object.keys(exported)) {
    if (!KEYS.includes(key)) {
      throw new JobctlError("config", `${place}: defineJob knows no "${key}"${didYouMean(key, KEYS)}; it takes ${KEYS.join(", ")}`);
    }
  }
  return exported as unknown as JobDefinition;
}
