import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import type { Job, Manifest } from "../job.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJobs } from "../manifest/resolve-job.ts";
import { didYouMean } from "../nearest.ts";
import { concerns, type Pause, pauseFile, type PauseTarget } from "../running/pauses.ts";
import { jobSlots } from "../schedule/job-slots.ts";
import { manifestOptions } from "./manifest-options.ts";
import { openBook } from "./open-book.ts";
import { sinceAfterPauses } from "./pause-slots.ts";
import { assertOwnStateDir, runStateDir } from "./run-state-dir.ts";

/** Which jobs `pause` and `resume` are about: exactly one of these is given. */
export interface TargetOptions extends GlobalOptions {
  job?: string;
  tag?: string;
  all: boolean;
}

export interface PausePlace {
  manifest: Manifest;
  stateDir: string;
  jobs: Job[];
}

/** The history is not read: a damaged one keeps nobody from pausing a job. */
export async function openPausePlace(options: GlobalOptions, context: CommandContext): Promise<PausePlace> {
  const manifest = await openManifest(manifestOptions(options, context));
  const stateDir = runStateDir(manifest, options, context);
  assertOwnStateDir(stateDir, context);
  return { manifest, stateDir, jobs: resolveJobs(manifest, context).map(({ job }) => job) };
}

/** Throws JobctlError("usage") unless exactly one target is given. */
export function targetOf({ job, tag, all }: TargetOptions, command: string): PauseTarget {
  const [target, another] = [
    ...(job === undefined ? [] : [{ kind: "job" as const, job }]),
    ...(tag === undefined ? [] : [{ kind: "tag" as const, tag }]),
    ...(all ? [{ kind: "all" as const }] : []),
  ];
  if (target && !another) return target;
  throw new JobctlError("usage", `${command} what? Name one of: a job, --tag <tag>, --all`);
}

/** Throws JobctlError("usage") for a job or tag that the manifest does not have. */
export function requireKnown(target: PauseTarget, { jobs, manifest }: PausePlace): void {
  const [kind, name, names] =
    target.kind === "job"
      ? ["job", target.job, jobs.map((job) => job.name)]
      : ["tag", target.kind === "tag" ? target.tag : "", [...new Set(jobs.flatMap(({ tags }) => tags))]];
  if (target.kind === "all" || target.kind === "drain" || names.includes(name)) return;
  const hint = didYouMean(name, names) || (kind === "job" ? "; jobctl list shows the jobs" : "; no job has it");
  throw new JobctlError("usage", `unknown ${kind} ${JSON.stringify(name)} (${manifest.path})${hint}`);
}

export const isSame = (a: PauseTarget, b: PauseTarget): boolean => pauseFile(a) === pauseFile(b);

/** Writes into the history that the slots of a pause that is over do not count. Returns whether it is there to stay. */
export function settleSlots(pause: Pause, { jobs, stateDir }: PausePlace, { now, stderr }: CommandContext): boolean {
  const warn = (text: string): void => stderr.write(`jobctl: ${text}\n`);
  const book = openBook({ stateDir, now, warn });
  return jobs
    .filter((job) => job.schedule && concerns(pause, job))
    .every((job) => {
      const slots = jobSlots(job);
      const since = sinceAfterPauses([pause], slots, now());
      const isSettled = (): boolean => {
        const state = book.slots.read(job.name);
        return state?.definition === slots.definition && state.since >= since;
      };
      if (since !== Number.NEGATIVE_INFINITY && !isSettled()) book.slots.begin({ job: job.name, definition: slots.definition, since });
      return since === Number.NEGATIVE_INFINITY || isSettled();
    });
}
