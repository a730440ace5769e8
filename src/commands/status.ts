import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { openHistoryReader } from "../history/queries.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJob, resolveJobs } from "../manifest/resolve-job.ts";
import { EXIT } from "../exit-codes.ts";
import { jsonDocument } from "../output/json.ts";
import { renderLocks } from "../output/lock-table.ts";
import { statusJson } from "../output/status-json.ts";
import { renderJobStatus } from "../output/status-page.ts";
import { renderStatus, type StatusLook } from "../output/status-table.ts";
import { styleFor } from "../output/style.ts";
import { lastHolder } from "../running/job-lock.ts";
import { describePause, pauseJson, pauseOf, readPauses } from "../running/pauses.ts";
import type { Run } from "../run.ts";
import { lockStatuses } from "../views/locks.ts";
import { jobStatuses, needsALook, type JobStatus, type StatusSources, type ZonedJob } from "../views/status.ts";
import { why } from "../views/why.ts";
import { lockFacts } from "./lock-facts.ts";
import { manifestOptions } from "./manifest-options.ts";
import { openReader, supervisionBy } from "./open-history.ts";
import { sinceAfterPausesOf } from "./pause-slots.ts";
import { runStateDir } from "./run-state-dir.ts";

export interface StatusOptions extends GlobalOptions {
  job?: string;
  locks: boolean;
  json: boolean;
}

/** How the jobs stand: last run, next run, what runs now and what was missed; or who holds which lock. */
export async function status(options: StatusOptions, context: CommandContext): Promise<number> {
  const { stateDir, jobs } = await wantedJobs(options, context);
  if (options.locks) return printLocks(stateDir, options, context);
  const reader = await openReader(stateDir, context);
  const timers = await timerWords(stateDir, options, context);
  const found = jobStatuses(jobs, {
    reader,
    supervision: supervisionBy(stateDir),
    now: context.now(),
    ...pausesIn(stateDir, context),
    ...(timers ? { timers } : {}),
  });
  reader?.close();
  await printStatus(found, options, { context, stateDir });
  return EXIT.ok;
}

/** Paused time makes no slots missed, also before it is over. */
function pausesIn(stateDir: string, { now }: CommandContext): Pick<StatusSources, "pausedNow" | "sinceAfterPauses"> {
  const pauses = readPauses(stateDir);
  return {
    pausedNow(job) {
      const pause = pauseOf(job, pauses, now());
      return pause ? { ...pauseJson(pause), text: describePause(pause, { how: true }) } : null;
    },
    sinceAfterPauses: (job, slots) => sinceAfterPausesOf(job, pauses, slots, now()),
  };
}

/** What pulls each job's trigger; nothing is asked of systemd or cron where nothing was installed. */
async function timerWords(stateDir: string, options: GlobalOptions, context: CommandContext): Promise<Map<string, string> | undefined> {
  if (!existsSync(join(stateDir, "timers"))) return undefined;
  const { timerStatesOf } = await import("./timers.ts");
  return timerStatesOf(options, context);
}

async function wantedJobs({ job, ...options }: StatusOptions, context: CommandContext): Promise<{ stateDir: string; jobs: ZonedJob[] }> {
  const manifest = await openManifest(manifestOptions(options, context));
  const stateDir = runStateDir(manifest, options, context);
  return { stateDir, jobs: job === undefined ? resolveJobs(manifest, context) : [resolveJob(manifest, job, context)] };
}

async function printStatus(
  found: readonly JobStatus[],
  { job, json }: StatusOptions,
  { context, stateDir }: { context: CommandContext; stateDir: string },
): Promise<void> {
  const { stdout, stderr, env } = context;
  const words = { why, childPid: (run: Run) => childOf(run, stateDir) };
  if (json) return stdout.write(jsonDocument(found.map((each) => statusJson(each, words))));
  const look: StatusLook = { width: stdout.columns, style: await styleFor(stdout, env), now: context.now(), ...words, needsALook };
  const [first] = found;
  if (first === undefined) return stderr.write("the manifest has no jobs; write one with: jobctl new <job>\n");
  stdout.write(job === undefined ? renderStatus(found, look) : renderJobStatus(first, look));
}

/** The lock's file names the run's own process, unless another run has the lock by now. */
function childOf({ job, key }: Run, stateDir: string): number | null {
  const holder = lastHolder(stateDir, job);
  return holder?.key === key ? (holder.child?.pid ?? null) : null;
}

async function printLocks(stateDir: string, { job, json }: StatusOptions, { stdout, stderr, env, now }: CommandContext): Promise<number> {
  const locks = lockStatuses(lockFacts(stateDir), runIds(stateDir)).filter(
    ({ lock, job: of }) => job === undefined || lock === job || of === job,
  );
  if (json) stdout.write(jsonDocument(locks));
  else if (locks.length > 0) stdout.write(renderLocks(locks, { width: stdout.columns, style: await styleFor(stdout, env), now: now() }));
  else stderr.write(`no lock is held${job === undefined ? "" : ` for ${job}`}\n`);
  return EXIT.ok;
}

/** A supervisor that was killed early has not written its run's number into the lock's file. */
function runIds(stateDir: string): ReadonlyMap<string, number> {
  const reader = openHistoryReader(stateDir);
  const ids = new Map(reader?.openRuns().map(({ key, id }) => [key, id]));
  reader?.close();
  return ids;
}
