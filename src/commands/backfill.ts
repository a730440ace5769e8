import type { CommandContext, GlobalOptions, RunOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openHistoryReader } from "../history/queries.ts";
import type { Json } from "../job.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { isoUtc, jsonDocument } from "../output/json.ts";
import { takesEscapes } from "../output/looks.ts";
import { createProgressLine } from "../output/progress-line.ts";
import { formatTime } from "../output/times.ts";
import { buildRequest } from "../running/build-request.ts";
import type { RunReport } from "../running/run-request.ts";
import { type JobSlots, jobSlots } from "../schedule/job-slots.ts";
import { manifestOptions } from "./manifest-options.ts";
import { runCall } from "./run-call.ts";
import { parseSet } from "./set-option.ts";
import { prepareRuns, type PreparedRuns } from "./start-run.ts";
import { parseWhen } from "./when.ts";

export interface BackfillOptions extends GlobalOptions {
  job: string;
  from: string;
  /** Without it, now. */
  to?: string;
  dryRun: boolean;
  keepGoing: boolean;
  limit: number;
  set: string[];
  force: boolean;
  verbose: boolean;
  json: boolean;
}

/** One slot as `backfill --json` prints it; null where it was not run. */
interface SlotJson {
  slot: string;
  status: string;
  id: number | null;
  exitCode: number | null;
}

/**
 * Runs a job for the slots of a time that has passed, from <= slot < to, oldest first. What has succeeded is left out, so
 * that the same command goes on where it stopped. It stops at the first that does not succeed, unless told otherwise.
 */
export async function backfill(options: BackfillOptions, context: CommandContext): Promise<number> {
  const manifest = await openManifest(manifestOptions(options, context));
  const prepared = prepareRuns(runCall(manifest, runOptions(options), context));
  const { job, timezone } = prepared.resolved;
  if (!job.schedule)
    throw new JobctlError("usage", `${job.name} has no schedule, and so no slots to run; jobctl run ${job.name} runs it once`);
  const slots = jobSlots(job);
  const range = rangeOf(options, { now: context.now(), zone: timezone });
  const all = slotsIn(slots, range, options);
  const done = succeededSlots(prepared, range);
  const open = all.filter((slot) => !done.has(slot));
  if (options.dryRun) return listSlots(all, done, { zone: timezone, options, context });
  const runs = await runSlots(open, { prepared, slots, options, context });
  return tell({ all, open, runs, zone: timezone }, options, context);
}

const runOptions = ({ job, force, set, manifest, stateDir, verbose }: BackfillOptions): RunOptions => ({
  ...(manifest === undefined ? {} : { manifest }),
  ...(stateDir === undefined ? {} : { stateDir }),
  job,
  set,
  force,
  dryRun: false,
  trigger: "backfill",
  json: false,
  quiet: !verbose,
  verbose,
});

interface Range {
  from: number;
  to: number;
}

function rangeOf({ from, to }: BackfillOptions, clock: { now: number; zone: string }): Range {
  const range = {
    from: parseWhen(from, { option: "--from", ...clock }),
    to: to === undefined ? clock.now : parseWhen(to, { option: "--to", ...clock }),
  };
  if (range.to > clock.now) throw new JobctlError("usage", `--to ${to}: that is still to come; only slots of the past are run`);
  if (range.from >= range.to)
    throw new JobctlError("usage", `--from ${from} is not before --to${to === undefined ? ", which is now" : ` ${to}`}`);
  return range;
}

function slotsIn(slots: JobSlots, { from, to }: Range, { limit, job }: BackfillOptions): number[] {
  const found: number[] = [];
  for (let slot = slots.next(from - 1); slot !== undefined && slot < to; slot = slots.next(slot)) {
    if (found.length === limit) {
      throw new JobctlError(
        "usage",
        `${job} has more than ${limit} slots from ${isoUtc(from)} to ${isoUtc(to)}; take a shorter time, or allow more with --limit`,
      );
    }
    found.push(slot);
  }
  return found;
}

function succeededSlots({ stateDir, resolved }: PreparedRuns, { from, to }: Range): Set<number> {
  const reader = openHistoryReader(stateDir);
  const slots = reader?.succeededSlots(resolved.job.name, from, to) ?? [];
  reader?.close();
  return new Set(slots);
}

interface Work {
  prepared: PreparedRuns;
  slots: JobSlots;
  options: BackfillOptions;
  context: CommandContext;
}

interface SlotRun {
  slot: number;
  report: RunReport;
}

async function runSlots(open: readonly number[], { prepared, slots, options, context }: Work): Promise<SlotRun[]> {
  const given: Record<string, Json> = parseSet(options.set);
  const { starter, resolved, ...sources } = prepared;
  const runs: SlotRun[] = [];
  const { stderr, env } = context;
  const line = takesEscapes(stderr.isTerminal, env) ? createProgressLine(stderr) : undefined;
  for (const slot of open) {
    line?.draw(runs.length, open.length, formatTime(slot, { zone: resolved.timezone }));
    const forSlot = { ...sources.options, scheduledFor: isoUtc(slot) };
    const request = buildRequest({ ...sources, resolved, options: forSlot, overrides: given, previousSlot: slots.previous(slot) });
    line?.clear();
    const report = await starter.start(request);
    runs.push({ slot, report });
    const { status } = report.outcome;
    if (!isDone(report) && (status === "cancelled" || !options.keepGoing)) break;
  }
  line?.clear();
  return runs;
}

/** The job itself may find that a slot has nothing to do. */
const isDone = ({ outcome }: RunReport): boolean =>
  outcome.status === "succeeded" || (outcome.status === "skipped" && outcome.reason === "nothing-to-do");

interface Backfilled {
  all: readonly number[];
  open: readonly number[];
  runs: readonly SlotRun[];
  zone: string;
}

/** Ends with the last exit code that was no success; a skip that is none for cron (paused, window) has left work to do here. */
function tell({ all, open, runs, zone }: Backfilled, options: BackfillOptions, { stdout, stderr }: CommandContext): number {
  const bad = runs.filter(({ report }) => !isDone(report));
  const last = bad.at(-1);
  const doneBefore = all.length - open.length;
  const counts = {
    slots: all.length,
    doneBefore,
    succeeded: runs.length - bad.length,
    notSucceeded: bad.length,
    left: open.length - runs.length,
  };
  if (options.json) stdout.write(jsonDocument({ job: options.job, ...counts, runs: runs.map(slotJson) }));
  else {
    const before = doneBefore > 0 ? `, ${doneBefore} had succeeded before` : "";
    const failed = bad.length > 0 ? `, ${bad.length} did not succeed` : "";
    const left = counts.left > 0 ? `, ${counts.left} left` : "";
    stdout.write(
      `${options.job}: ${all.length} ${all.length === 1 ? "slot" : "slots"}${before}, ${counts.succeeded} succeeded now${failed}${left}\n`,
    );
  }
  if (!last) return EXIT.ok;
  const { slot, report } = last;
  if (!options.keepGoing) {
    const what = report.outcome.status === "skipped" ? `was skipped (${report.outcome.detail})` : `ended ${report.outcome.status}`;
    stderr.write(
      `jobctl: stopped at ${formatTime(slot, { zone })}, which ${what}; the same command goes on from there, --keep-going leaves what fails behind\n`,
    );
  }
  return report.exitCode === EXIT.ok ? EXIT["try-later"] : report.exitCode;
}

const slotJson = ({ slot, report }: SlotRun): SlotJson => ({
  slot: isoUtc(slot),
  status: report.outcome.status,
  id: report.id,
  exitCode: report.exitCode,
});

interface Listing {
  zone: string;
  options: BackfillOptions;
  context: CommandContext;
}

function listSlots(all: readonly number[], done: ReadonlySet<number>, { zone, options, context }: Listing): number {
  const { stdout, stderr } = context;
  if (options.json) {
    stdout.write(jsonDocument(all.map((slot) => ({ slot: isoUtc(slot), wouldRun: !done.has(slot) }))));
    return EXIT.ok;
  }
  for (const slot of all) stdout.write(`${formatTime(slot, { zone })}${done.has(slot) ? "  has succeeded" : ""}\n`);
  const open = all.filter((slot) => !done.has(slot)).length;
  stderr.write(`${open} of ${all.length} ${all.length === 1 ? "slot" : "slots"} would be run\n`);
  return EXIT.ok;
}
