import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { isJobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Job, Manifest } from "../job.ts";
import { idleFields, type IdleField, idleManifestFields } from "../manifest/acted-on.ts";
import { type Checked, checkManifest, placed } from "../manifest/check-manifest.ts";
import { checkVariables } from "../manifest/check-variables.ts";
import { findManifest } from "../manifest/find-manifest.ts";
import { type Problem, problemText, sortProblems } from "../manifest/problem.ts";
import { type ResolvedJob, resolveJob } from "../manifest/resolve-job.ts";
import { jsonDocument } from "../output/json.ts";
import { type Style } from "../output/looks.ts";
import { styleFor } from "../output/style.ts";
import { clockWarnings } from "../schedule/clock-changes.ts";
import { parseSchedule } from "../schedule/parse-schedule.ts";
import { checkModules } from "./check-modules.ts";

export interface ValidateOptions extends GlobalOptions {
  json: boolean;
  schema: boolean;
}

/** What `validate --json` prints. */
export interface Validation {
  manifest: string;
  valid: boolean;
  jobs: number;
  problems: Problem[];
  /** What is valid, and may surprise: times that a change of the clock skips or repeats within a year. */
  warnings: Problem[];
  /** Fields that are set and that this version does not act on; `matters`: `run` refuses the job. */
  notActedOn: (IdleField & { job: string | null })[];
}

export async function validate(options: ValidateOptions, context: CommandContext): Promise<number> {
  if (options.schema) {
    context.stdout.write(readFileSync(join(context.packageRoot, "jobs/manifest.schema.json"), "utf8"));
    return EXIT.ok;
  }
  const path = findManifest({ file: options.manifest, env: context.env, cwd: context.cwd, uid: context.uid });
  const validation = await check(path, context);
  if (options.json) context.stdout.write(jsonDocument(validation));
  else await print(validation, context);
  return validation.valid ? EXIT.ok : EXIT.config;
}

async function check(path: string, context: CommandContext): Promise<Validation> {
  const checked = readChecked(path, context);
  const { manifest, problems } = checked;
  const unset = checked.sources.length > 0 ? checkVariables(path, checked.sources, context) : [];
  const found = manifest
    ? await jobProblems(manifest, checked, { context, known: [...problems, ...unset] })
    : { problems: [], warnings: [] };
  const all = sortProblems(withoutRepeats([...problems, ...unset, ...found.problems]));
  return {
    manifest: path,
    valid: all.length === 0,
    jobs: Object.keys(manifest?.jobs ?? {}).length,
    problems: all,
    warnings: sortProblems(withoutRepeats(found.warnings)),
    notActedOn: manifest ? notActedOn(manifest) : [],
  };
}

/** A file that can't be read at all is a problem like any other here. */
function readChecked(path: string, context: CommandContext): Checked {
  try {
    return checkManifest(path, context);
  } catch (error) {
    if (!isJobctlError(error)) throw error;
    const problem: Problem = { file: path, line: 1, column: 1, path: "", message: error.message };
    return { manifest: undefined, problems: [problem], inputs: {}, depends: false, sources: [] };
  }
}

function withoutRepeats(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [problemText(problem), problem])).values()];
}

interface JobCheck {
  context: CommandContext;
  known: readonly Problem[];
}

/** Only of jobs that have no problem so far: a module can't be asked about parameters that are not known. */
async function jobProblems(
  manifest: Manifest,
  { sources }: Checked,
  { context, known }: JobCheck,
): Promise<Pick<Validation, "problems" | "warnings">> {
  const resolved: ResolvedJob[] = [];
  const problems: Problem[] = [];
  const at = (job: string, message: string, field?: string): Problem[] => {
    const place = manifest.jobs[job]?.base.place ?? "";
    const source = sources.find((each) => place.startsWith(`${each.path}:`)) ?? sources[0];
    return source ? [placed(source, { path: ["jobs", job, ...(field ? [field] : [])], part: "value", message }, context.cwd)] : [];
  };
  for (const name of Object.keys(manifest.jobs)) {
    if (known.some(({ path }) => path === `jobs.${name}` || path.startsWith(`jobs.${name}.`))) continue;
    try {
      resolved.push(resolveJob(manifest, name, context));
    } catch (error) {
      if (!isJobctlError(error)) throw error;
      if (known.length === 0) problems.push(...at(name, error.message));
    }
  }
  for (const [name, messages] of await checkModules(resolved, context)) {
    const field = (message: string): string => (message.startsWith("uses: ") ? "uses" : "with");
    problems.push(...messages.flatMap((message) => at(name, message.replace(/^uses: /, ""), field(message))));
  }
  const warnings = resolved.flatMap(({ job }) => warningsOf(job, context.now()).flatMap((message) => at(job.name, message, "schedule")));
  return { problems, warnings };
}

/** Of a time that people chose, once a day or rarer: "every 20 minutes" goes on through a change of the clock. */
function warningsOf({ name, enabled, schedule }: Job, now: number): string[] {
  if (!enabled || schedule === undefined) return [];
  const read = parseSchedule(schedule, name);
  return read.ok ? clockWarnings(read.schedule, now) : [];
}

function notActedOn(manifest: Manifest): Validation["notActedOn"] {
  const own = idleManifestFields(manifest).map((field) => Object.assign({ job: null }, field));
  const jobs = Object.values(manifest.jobs).flatMap(({ base, environments }) => {
    const fields = [base, ...Object.values(environments)].flatMap((job) => idleFields(job));
    const unique = new Map(fields.map((field) => [field.field + field.waitsFor, field]));
    return [...unique.values()].map((field) => Object.assign({ job: base.name }, field));
  });
  return [...own, ...jobs];
}

async function print(validation: Validation, { stdout, env }: CommandContext): Promise<void> {
  const style = await styleFor(stdout, env);
  const { problems, warnings, notActedOn: idle, manifest, jobs } = validation;
  for (const problem of problems) stdout.write(`${style.red("✗")} ${problemText(problem)}\n`);
  if (problems.length > 0)
    stdout.write(`\n${style.bold(`${problems.length} ${problems.length === 1 ? "problem" : "problems"}`)} in ${manifest}\n`);
  else stdout.write(`${style.green("✓")} ${manifest} is valid: ${jobs} ${jobs === 1 ? "job" : "jobs"}\n`);
  for (const warning of warnings) stdout.write(`${style.yellow("!")} ${problemText(warning)}\n`);
  if (idle.length > 0) stdout.write(`\nNot acted on yet by this version:\n${idle.map((field) => idleLine(field, style)).join("")}`);
}

function idleLine({ job, field, waitsFor, matters }: Validation["notActedOn"][number], style: Style): string {
  const name = job === null ? field : `jobs.${job}.${field}`;
  const effect = matters ? style.yellow(job === null ? "run refuses every job" : "run refuses this job") : "runs the same without it";
  return `  ${name}: comes with ${waitsFor}; ${effect}\n`;
}
