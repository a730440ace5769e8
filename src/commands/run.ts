import type { CommandContext, RunOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { openRunBook } from "../history/run-book.ts";
import type { Json } from "../job.ts";
import { refusals } from "../manifest/acted-on.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJob, type ResolvedJob } from "../manifest/resolve-job.ts";
import { stateDirOf } from "../manifest/state-dir.ts";
import { cacheDirectory } from "../system/cache-directory.ts";
import { lockWaiting, tryLock, unlock } from "../system/file-lock.ts";
import { endBySignal, setJobUmask } from "../system/processes.ts";
import { listenForEnd } from "../system/signals.ts";
import { buildRequest } from "../running/build-request.ts";
import { runJob, type RunReport, type RunRequest } from "../running/run-job.ts";
import { chooseView, type RunView } from "../running/view.ts";

/** For jobs that the manifest no longer has. */
const DEFAULT_RETENTION_DAYS = 90;

/** `jobctl run <job>`, or with --help the description of that job. */
export async function runOrDescribe(options: RunOptions & { help?: boolean }, context: CommandContext): Promise<number> {
  if (!options.help) return run(options, context);
  const { describeJob } = await import("./describe-job.ts");
  return describeJob(options, context);
}

/** Runs a job once. Resolves with the exit code of the table in exit-codes.ts, or ends by the signal that cancelled the run. */
export async function run(options: RunOptions, context: CommandContext): Promise<number> {
  const { env, uid, now } = context;
  const manifest = await openManifest({
    ...withFile(options),
    env,
    cwd: context.cwd,
    uid,
    cacheDir: cacheDirectory(env, uid),
    programVersion: context.programVersion,
    now,
  });
  const resolved = resolveJob(manifest, options.job, { env, uid });
  refuseUnsupported(resolved);
  const stateDir = stateDirOf(manifest, { override: options.stateDir ?? env.JOBCTL_STATE_DIR, cwd: context.cwd, env, uid });
  const request = buildRequest({ manifest, resolved, options, context, stateDir, overrides: await overrides(options) });
  if (options.dryRun && request.module === undefined) return (await import("./dry-run.ts")).printDryRun(request, options, context);

  const view = chooseView(options, context);
  const retentionDays = (name: string): number => manifest.jobs[name]?.base.monitoring.retentionDays ?? DEFAULT_RETENTION_DAYS;
  const report = await supervise(request, view, { stateDir, context, retentionDays });
  await view.finish(request, report);
  if (report.outcome.status === "cancelled") endBySignal(report.outcome.signal as NodeJS.Signals);
  return report.exitCode;
}

async function supervise(
  request: RunRequest,
  view: RunView,
  { stateDir, context, retentionDays }: { stateDir: string; context: CommandContext; retentionDays(job: string): number },
): Promise<RunReport> {
  setJobUmask();
  const requests = listenForEnd();
  const book = openRunBook({ stateDir, locks: { tryLock, lockWaiting, unlock }, now: context.now, warn: view.warn });
  try {
    const report = await runJob(request, {
      book,
      view,
      now: context.now,
      cancelled: requests.first,
      progress: view.progress,
      warn: view.warn,
    });
    book.housekeep({ job: request.job.name, retentionDays });
    return report;
  } finally {
    requests.forget();
  }
}

function withFile({ manifest }: RunOptions): { file?: string } {
  return manifest === undefined ? {} : { file: manifest };
}

/** A field that this program does not act on yet, and that would change this run, is refused: nothing is ignored in silence. */
function refuseUnsupported({ job }: ResolvedJob): void {
  const fields = refusals(job);
  if (fields.length === 0) return;
  throw new JobctlError(
    "config",
    `${job.place}: jobs.${job.name} uses ${fields.join(", ")}, which this version of jobctl does not act on yet; remove it to run the job`,
  );
}

async function overrides({ set }: RunOptions): Promise<Record<string, Json>> {
  return set.length === 0 ? {} : (await import("./set-option.ts")).parseSet(set);
}
