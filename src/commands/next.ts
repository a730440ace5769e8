import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openHistoryReader } from "../history/queries.ts";
import type { Job, Manifest } from "../job.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJob, resolveJobs } from "../manifest/resolve-job.ts";
import { jsonDocument } from "../output/json.ts";
import { renderNextRuns } from "../output/schedule-page.ts";
import { styleFor } from "../output/style.ts";
import { formatAge, formatTime } from "../output/times.ts";
import { type Pause, pauseOf, pauseSentence, readPauses } from "../running/pauses.ts";
import { parseSchedule } from "../schedule/parse-schedule.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { nextRuns, nextRunsJson } from "../views/next.ts";
import { type MissedSources, missedOf } from "../views/status.ts";
import { manifestOptions } from "./manifest-options.ts";
import { sinceAfterPausesOf } from "./pause-slots.ts";
import { runStateDir } from "./run-state-dir.ts";
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
  const manifest = await openManifest(manifestOptions(options, context));
  const jobs = wantedJobs(manifest, options, context);
  const here = hereZone(env);
  const now = context.now();
  const zone = options.job === undefined ? here.name : (jobs[0]?.schedule?.timezone ?? here.name);
  const from = options.from === undefined ? now : parseWhen(options.from, { option: "--from", now, zone });
  const count = options.count ?? DEFAULT_COUNT[options.job === undefined ? "all" : "one"];
  const runs = nextRuns(jobs.flatMap(scheduled), { from, count, here });
  if (options.json) stdout.write(jsonDocument(nextRunsJson(runs)));
  else if (runs.length > 0) {
    const rows = runs.map((run) => ({ ...run, age: formatAge(run.at, now).replace(/^in /, "") }));
    stdout.write(renderNextRuns(rows, await styleFor(stdout, env), stdout.columns));
  }
  for (const text of stateRemarks(jobs, { manifest, options, context })) stderr.write(`${text}\n`);
  const remark = remarkOn(options.job === undefined ? undefined : jobs[0], runs.length);
  if (remark !== undefined) stderr.write(`${remark}\n`);
  return EXIT.ok;
}

function wantedJobs(manifest: Manifest, { job }: NextOptions, { env, uid }: CommandContext): Job[] {
  if (job !== undefined) return [resolveJob(manifest, job, { env, uid }).job];
  return resolveJobs(manifest, { env, uid }).flatMap((each) => (each.job.enabled ? [each.job] : []));
}

function scheduled({ name, schedule: spec, place }: Job): { name: string; schedule: Schedule }[] {
  if (spec === undefined) return [];
  const parsed = parseSchedule(spec, name);
  if (!parsed.ok) throw new JobctlError("config", `${place}: jobs.${name}.schedule: ${parsed.problem}`);
  return [{ name, schedule: parsed.schedule }];
}

/** Pauses keep some of what is listed from running; and some of what was to run before was missed. */
function stateRemarks(
  jobs: readonly Job[],
  { manifest, options, context }: { manifest: Manifest; options: NextOptions; context: CommandContext },
): Set<string> {
  const now = context.now();
  const stateDir = runStateDir(manifest, options, context);
  const pauses = readPauses(stateDir);
  const paused = jobs.flatMap((job) => pauseOf(job, pauses, now) ?? []);
  return new Set([...paused.map(pauseSentence), ...missedRemarks(jobs, stateDir, pauses, now)]);
}

function missedRemarks(jobs: readonly Job[], stateDir: string, pauses: readonly Pause[], now: number): string[] {
  const reader = openHistoryReader(stateDir);
  const sources: MissedSources = { reader, now, sinceAfterPauses: (job, slots) => sinceAfterPausesOf(job, pauses, slots, now) };
  const missed = jobs.map((job) => ({ job, ...missedOf(job, sources) }));
  reader?.close();
  return missed.flatMap(({ job, count, more, latest }) => {
    if (latest === null) return [];
    const times = `${count}${more ? " or more" : ""} ${count === 1 ? "time" : "times"}`;
    const zone = job.schedule?.timezone ?? "UTC";
    return [`${job.name} missed ${times}, ${more ? "up to" : "last"} ${formatTime(latest, { zone })}; jobctl status ${job.name}`];
  });
}

function remarkOn(job: Job | undefined, runs: number): string | undefined {
  if (job === undefined) return runs === 0 ? "no job has a run to come" : undefined;
  if (job.schedule === undefined) return `${job.name} has no schedule: it runs by hand only`;
  if (runs === 0) return `${job.name} has no run to come`;
  return job.enabled ? undefined : `${job.name} is disabled: these runs are skipped`;
}
