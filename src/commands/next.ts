import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Job } from "../job.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJob, resolveJobs } from "../manifest/resolve-job.ts";
import { jsonDocument } from "../output/json.ts";
import { renderNextRuns } from "../output/schedule-page.ts";
import { styleFor } from "../output/style.ts";
import { formatAge } from "../output/times.ts";
import { parseSchedule } from "../schedule/parse-schedule.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { cacheDirectory } from "../system/cache-directory.ts";
import { nextRuns, nextRunsJson } from "../views/next.ts";
import { parseWhen } from "./when.ts";
import { hereZone } from "./zones.ts";

export interface NextOptions extends GlobalOptions {
  job?: string;
  count?: number;
  from?: string;
  json: boolean;
}

/** How many are shown: of one job, and of each of all. */
const DEFAULT_COUNT = { one: 10, all: 1 } as const;

/** Prints when jobs run next: of one job, or of all that are enabled. */
export async function next(options: NextOptions, context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  const jobs = await wantedJobs(options, context);
  const here = hereZone(env);
  const now = context.now();
  const zone = options.job === undefined ? here.name : (jobs[0]?.schedule?.timezone ?? here.name);
  const from = options.from === undefined ? now : parseWhen(options.from, { option: "--from", now, zone });
  const count = options.count ?? DEFAULT_COUNT[options.job === undefined ? "all" : "one"];
  const runs = nextRuns(jobs.flatMap(scheduled), { from, count, here });
  if (options.json) stdout.write(jsonDocument(nextRunsJson(runs)));
  else if (runs.length > 0) {
    const rows = runs.map((run) => ({ ...run, age: formatAge(run.at, now).replace(/^in /, "") }));
    stdout.write(renderNextRuns(rows, styleFor(stdout, env), stdout.columns));
  }
  const remark = remarkOn(options.job === undefined ? undefined : jobs[0], runs.length);
  if (remark !== undefined) stderr.write(`${remark}\n`);
  return EXIT.ok;
}

async function wantedJobs({ manifest: file, job }: NextOptions, { env, cwd, uid, programVersion, now }: CommandContext): Promise<Job[]> {
  const manifest = await openManifest({ file, env, cwd, uid, cacheDir: cacheDirectory(env, uid), programVersion, now });
  if (job !== undefined) return [resolveJob(manifest, job, { env, uid }).job];
  return resolveJobs(manifest, { env, uid }).flatMap((each) => (each.job.enabled ? [each.job] : []));
}

function scheduled({ name, schedule: spec, place }: Job): { name: string; schedule: Schedule }[] {
  if (spec === undefined) return [];
  const parsed = parseSchedule(spec, name);
  if (!parsed.ok) throw new JobctlError("config", `${place}: jobs.${name}.schedule: ${parsed.problem}`);
  return [{ name, schedule: parsed.schedule }];
}

function remarkOn(job: Job | undefined, runs: number): string | undefined {
  if (job === undefined) return runs === 0 ? "no job has a run to come" : undefined;
  if (job.schedule === undefined) return `${job.name} has no schedule: it runs by hand only`;
  if (runs === 0) return `${job.name} has no run to come`;
  return job.enabled ? undefined : `${job.name} is disabled: these runs are skipped`;
}
