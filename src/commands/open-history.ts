import { statSync } from "node:fs";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { isJobctlError, JobctlError } from "../errors.ts";
import { openHistoryReader, type HistoryReader } from "../history/queries.ts";
import { spooledKeys } from "../history/spool.ts";
import type { Manifest } from "../job.ts";
import { interpolate } from "../manifest/interpolate.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJob } from "../manifest/resolve-job.ts";
import { manifestScope, type Caller } from "../manifest/scope.ts";
import { didYouMean } from "../nearest.ts";
import { resolvePath } from "../resolve-path.ts";
import { concerns, isActive, pauseSentence, readPauses } from "../running/pauses.ts";
import { crashReason } from "../running/reconcile.ts";
import { manifestOptions } from "./manifest-options.ts";
import { runStateDir } from "./run-state-dir.ts";
import { lockedFiles } from "../system/proc-locks.ts";
import { bootId } from "../system/process-context.ts";
import { isRunning } from "../system/processes.ts";
import type { Supervision } from "../views/runs.ts";

/** What the commands that look back need. */
export interface PastRuns {
  stateDir: string;
  /** Undefined when nothing was ever recorded. */
  reader: HistoryReader | undefined;
  supervision: Supervision;
  /** The zone that a job's times are shown in: its own, else the manifest's, else UTC. */
  zoneOf(job: string | undefined): string;
  /** Sentences on what keeps a job, or any, from running now. */
  pausedNow(job: string | undefined): string[];
  /** Throws JobctlError("usage") for a name that neither the manifest nor the history knows. */
  assertKnown(job: string): void;
}

export async function openPastRuns(options: GlobalOptions, context: CommandContext): Promise<PastRuns> {
  const { stateDir, manifest } = await findPlace(options, context);
  const reader = await openReader(stateDir, context);
  return {
    stateDir,
    reader,
    supervision: supervisionBy(stateDir),
    zoneOf: zonesBy(manifest, context),
    pausedNow: pausesBy({ stateDir, manifest }, context),
    assertKnown(job) {
      const names = [...new Set([...Object.keys(manifest?.jobs ?? {}), ...(reader?.jobs() ?? [])])];
      if (names.includes(job)) return;
      throw new JobctlError("usage", `unknown job ${JSON.stringify(job)}${didYouMean(job, names) || "; jobctl list shows the jobs"}`);
    },
  };
}

/** What waits in the spool belongs to what people look for; only where something waits the history is opened for writing. */
export async function openReader(stateDir: string, { now, uid, stderr }: CommandContext): Promise<HistoryReader | undefined> {
  const reader = openHistoryReader(stateDir);
  if (spooledKeys(stateDir).length === 0) return reader;
  const warn = (text: string): void => stderr.write(`jobctl: ${text}\n`);
  // What root made there its owner could not write.
  if (statSync(stateDir).uid !== uid) {
    warn(`records of runs wait in ${stateDir}/spool; they are missing here until its owner looks, or runs a job`);
    return reader;
  }
  reader?.close();
  const { openBook } = await import("./open-book.ts");
  openBook({ stateDir, now, warn }).takeIn();
  return openHistoryReader(stateDir);
}

interface Place {
  stateDir: string;
  manifest: Manifest | undefined;
}

/** Without opening the history. With a state directory given, a manifest that is broken or missing hides nothing: it only knows zones and names. */
export async function findPlace(options: GlobalOptions, context: CommandContext): Promise<Place> {
  const override = options.stateDir ?? context.env["JOBCTL_STATE_DIR"];
  try {
    const manifest = await openManifest(manifestOptions(options, context));
    return { manifest, stateDir: runStateDir(manifest, options, context) };
  } catch (error) {
    if (!isJobctlError(error)) throw error;
    if (override) return { manifest: undefined, stateDir: resolvePath(context.cwd, override) };
    throw new JobctlError(error.code, `${error.message}\n(--state-dir <dir> shows past runs without a manifest)`, error);
  }
}

export function supervisionBy(stateDir: string): Supervision {
  return {
    isSupervised({ logPath, provenance: { bootId: boot, supervisorPid: pid, supervisorStart: start } }) {
      return (logPath !== null && lockedFiles()(logPath)) || (boot === bootId() && isRunning({ pid, start }));
    },
    crashReason: (run) => crashReason(run, stateDir, bootId()),
  };
}

/** A variable that is missing, or a job that is no longer in the manifest, hides no past run: its times are then shown in the next best zone. */
function zonesBy(manifest: Manifest | undefined, caller: Caller): (job: string | undefined) => string {
  const known = new Map<string | undefined, string>();
  const find = (job: string | undefined): string =>
    (manifest && job !== undefined && Object.hasOwn(manifest.jobs, job) && resolvable(() => resolveJob(manifest, job, caller).timezone)) ||
    (manifest && resolvable(() => interpolate(manifest.timezone, manifestScope(manifest, caller), "timezone"))) ||
    "UTC";
  return (job) => {
    const zone = known.get(job) ?? find(job);
    known.set(job, zone);
    return zone;
  };
}

/** Whoever looks back at what did not run should see why. */
function pausesBy({ stateDir, manifest }: Place, context: CommandContext): PastRuns["pausedNow"] {
  return (name) => {
    const active = (resolvable(() => readPauses(stateDir)) ?? []).filter((pause) => isActive(pause, context.now()));
    if (name === undefined) return active.map(pauseSentence);
    const job = { name, tags: resolvable(() => tagsOf(manifest, name, context)) ?? [] };
    return active.filter((pause) => concerns(pause, job)).map(pauseSentence);
  };
}

const tagsOf = (manifest: Manifest | undefined, name: string, caller: Caller): string[] =>
  manifest ? resolveJob(manifest, name, caller).job.tags : [];

function resolvable<Result>(find: () => Result): Result | undefined {
  try {
    return find();
  } catch (error) {
    if (isJobctlError(error)) return undefined;
    throw error;
  }
}
