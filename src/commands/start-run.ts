import type { RunOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { History } from "../history/run-book.ts";
import type { Job, Json, Manifest } from "../job.ts";
import { refusals } from "../manifest/acted-on.ts";
import type { ResolvedJob } from "../manifest/resolve-job.ts";
import { endBySignal, setJobUmask } from "../system/processes.ts";
import { listenForEnd } from "../system/signals.ts";
import { buildRequest, readInstant } from "../running/build-request.ts";
import { runJob } from "../running/run-job.ts";
import type { RunReport, RunRequest, SharedPermits } from "../running/run-request.ts";
import { chooseView, type RunView } from "../running/view.ts";
import { openBook } from "./open-book.ts";
import type { JobSlots } from "../schedule/job-slots.ts";
import type { RunCall } from "./run-call.ts";
import { runDueSlots, type SlotRun } from "./run-slots.ts";
import { isByHand } from "./wake-up.ts";

/** For jobs that the manifest no longer has. */
const DEFAULT_RETENTION_DAYS = 90;

/** Runs a job once, or for each of the given slots that is due. Resolves with the exit code of the table in exit-codes.ts, or ends by the signal that cancelled the run. */
export async function startRun(call: RunCall, slots: JobSlots | undefined): Promise<number> {
  const prepared = prepareRuns(call);
  const given = await overrides(call.options);
  if (slots === undefined) return runPrepared(prepared, given);
  const { starter, ...sources } = prepared;
  const runFor: SlotRun["runFor"] = (slot, shared) => starter.start(buildRequest({ ...sources, overrides: given, slot, shared }));
  const { resolved, stateDir, options, context } = call;
  const { openBook: open, tell } = starter;
  const exitCode = await runDueSlots({ job: resolved.job, slots, stateDir, options, context, openBook: open, runFor, tell });
  if (exitCode !== undefined) return exitCode;
  return (await isByHand(call)) ? runPrepared(prepared, given) : EXIT.ok;
}

/** What the runs of one call share. */
export interface PreparedRuns extends RunCall {
  starter: Starter;
  slotsThisMinute: RunRequest["slotsThisMinute"];
  refusal: string | undefined;
}

/** Throws JobctlError where something is asked of the job that it does not know. */
export function prepareRuns(call: RunCall): PreparedRuns {
  const { manifest, resolved, options, context } = call;
  if (options.org?.length && resolved.job.scope !== "organization") throw noOrganizations(resolved.job);
  const slotsThisMinute = async () => (await import("./needed-slots.ts")).slotsThisMinute(resolved.job, manifest, context);
  return { ...call, slotsThisMinute, refusal: unsupported(resolved, manifest), starter: createStarter(call) };
}

/** One run. `given`: values of the module's parameters. */
export async function runPrepared({ starter, ...sources }: PreparedRuns, given: Record<string, Json>): Promise<number> {
  const { resolved, options, context } = sources;
  const request = buildRequest({ ...sources, overrides: given, previousSlot: await previousSlot(resolved.job, options) });
  if (options.dryRun && request.refusal !== undefined) throw new JobctlError("config", request.refusal);
  if (options.dryRun && request.module === undefined) return (await import("./dry-run.ts")).printDryRun(request, options, context);
  return (await starter.start(request)).exitCode;
}

/** With --scheduled-for, the slot before it: what the run is to do begins there. */
async function previousSlot(job: Job, { scheduledFor }: RunOptions): Promise<number | null> {
  if (scheduledFor === undefined || !job.schedule) return null;
  const { jobSlots } = await import("../schedule/job-slots.ts");
  return jobSlots(job).previous(readInstant(scheduledFor));
}

export interface Starter {
  openBook(): History;
  start(request: RunRequest): Promise<RunReport>;
  /** Tells what is told of all runs of a catch-up together. */
  tell(shared: SharedPermits): Promise<void>;
}

/** What all runs of one call share: the history, which is opened once, and the view. */
function createStarter({ manifest, options, context, stateDir }: RunCall): Starter {
  const view = chooseView(options, context);
  const opened: { book?: History } = {};
  const openOnce = (): History => (opened.book ??= openBook({ stateDir, now: context.now, warn: view.warn }));
  const retentionDays = (name: string): number => manifest.jobs[name]?.base.monitoring.retentionDays ?? DEFAULT_RETENTION_DAYS;
  const start = async (request: RunRequest): Promise<RunReport> => {
    const book = openOnce();
    const { report, asked } = await supervise(request, { book, view, now: context.now });
    book.housekeep({ job: request.job.name, retentionDays });
    await view.finish(request, report);
    const signal = endingSignal(report, asked);
    if (signal) {
      if (request.shared) await tell(request.shared);
      endBySignal(signal);
    }
    return report;
  };
  const tell = async ({ documents }: SharedPermits): Promise<void> => {
    if (documents.length > 0) (await import("../output/run-report.ts")).tellRuns(documents.splice(0), context);
  };
  return { openBook: openOnce, start, tell };
}

/** A skip that was asked to end did so while it waited, and so has not begun. */
function endingSignal({ outcome }: RunReport, asked: NodeJS.Signals | undefined): NodeJS.Signals | undefined {
  if (outcome.status === "cancelled") return outcome.signal as NodeJS.Signals;
  return outcome.status === "skipped" ? asked : undefined;
}

interface Supervision {
  book: History;
  view: RunView;
  now(): number;
}

/** The run's report, and the signal that asked it to end, if one came. */
async function supervise(
  request: RunRequest,
  { book, view, now }: Supervision,
): Promise<{ report: RunReport; asked: NodeJS.Signals | undefined }> {
  setJobUmask();
  const requests = listenForEnd();
  try {
    const { warn, progress } = view;
    const report = await runJob(request, { book, view, now, asked: requests, progress, warn });
    return { report, asked: requests.received };
  } finally {
    requests.forget();
  }
}

/** A field that this program does not act on yet, and that would change this run, is refused: nothing is ignored in silence. */
function unsupported({ job }: ResolvedJob, manifest: Manifest): string | undefined {
  const fields = refusals(job, manifest);
  if (fields.length === 0) return undefined;
  return `${job.place}: jobs.${job.name} uses ${fields.join(", ")}, which this version of jobctl does not act on yet; remove it to run the job`;
}

function noOrganizations({ name, place }: Job): JobctlError {
  return new JobctlError("usage", `--org: ${name} does not run for each organization (${place}); scope: organization would make it do so`);
}

async function overrides({ set }: RunOptions): Promise<Record<string, Json>> {
  return set.length === 0 ? {} : (await import("./set-option.ts")).parseSet(set);
}
