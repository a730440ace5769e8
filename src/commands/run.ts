import type { CommandContext, RunOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { type History, openRunBook } from "../history/run-book.ts";
import type { Json, Manifest } from "../job.ts";
import { refusals } from "../manifest/acted-on.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJob, type ResolvedJob } from "../manifest/resolve-job.ts";
import { stateDirOf } from "../manifest/state-dir.ts";
import { lockWaiting, tryLock, unlock } from "../system/file-lock.ts";
import { endBySignal, setJobUmask } from "../system/processes.ts";
import { listenForEnd } from "../system/signals.ts";
import { buildRequest, type RequestSources } from "../running/build-request.ts";
import { runJob } from "../running/run-job.ts";
import type { RunReport, RunRequest } from "../running/run-request.ts";
import { chooseView, type RunView } from "../running/view.ts";
import { manifestOptions } from "./manifest-options.ts";
import { type ClaimedSlot, isForSlots, runDueSlots } from "./run-slots.ts";

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
  const { env, uid, cwd } = context;
  const manifest = await openManifest(manifestOptions(options, context));
  const resolved = resolveJob(manifest, options.job, { env, uid });
  refuseUnsupported(resolved, manifest);
  const stateDir = stateDirOf(manifest, { override: options.stateDir ?? env.JOBCTL_STATE_DIR, cwd, env, uid });
  const sources = { manifest, resolved, options, context, stateDir, overrides: await overrides(options) };
  const starter = createStarter(sources);
  if (isForSlots(options, resolved.job, env)) return runDueSlots({ job: resolved.job, stateDir, options, context, ...starter });

  const request = buildRequest(sources);
  if (options.dryRun && request.module === undefined) return (await import("./dry-run.ts")).printDryRun(request, options, context);
  return (await starter.start(request)).exitCode;
}

interface Starter {
  openBook(): History;
  runFor(slot: ClaimedSlot): Promise<RunReport>;
  start(request: RunRequest): Promise<RunReport>;
}

/** What all runs of one call share: the history, which is opened once, and the view. */
function createStarter(sources: RequestSources): Starter {
  const { manifest, options, context, stateDir } = sources;
  const view = chooseView(options, context);
  const opened: { book?: History } = {};
  const openBook = (): History =>
    (opened.book ??= openRunBook({ stateDir, locks: { tryLock, lockWaiting, unlock }, now: context.now, warn: view.warn }));
  const retentionDays = (name: string): number => manifest.jobs[name]?.base.monitoring.retentionDays ?? DEFAULT_RETENTION_DAYS;
  const start = async (request: RunRequest): Promise<RunReport> => {
    const book = openBook();
    const report = await supervise(request, { book, view, now: context.now });
    book.housekeep({ job: request.job.name, retentionDays });
    await view.finish(request, report);
    if (report.outcome.status === "cancelled") endBySignal(report.outcome.signal as NodeJS.Signals);
    return report;
  };
  return { openBook, start, runFor: (slot) => start(buildRequest({ ...sources, slot })) };
}

async function supervise(request: RunRequest, { book, view, now }: { book: History; view: RunView; now(): number }): Promise<RunReport> {
  setJobUmask();
  const requests = listenForEnd();
  try {
    const { warn, progress } = view;
    return await runJob(request, { book, view, now, cancelled: requests.first, progress, warn });
  } finally {
    requests.forget();
  }
}

/** A field that this program does not act on yet, and that would change this run, is refused: nothing is ignored in silence. */
function refuseUnsupported({ job }: ResolvedJob, manifest: Manifest): void {
  const fields = refusals(job, manifest);
  if (fields.length === 0) return;
  throw new JobctlError(
    "config",
    `${job.place}: jobs.${job.name} uses ${fields.join(", ")}, which this version of jobctl does not act on yet; remove it to run the job`,
  );
}

async function overrides({ set }: RunOptions): Promise<Record<string, Json>> {
  return set.length === 0 ? {} : (await import("./set-option.ts")).parseSet(set);
}
