import { isDeepStrictEqual } from "node:util";
import type { CommandContext, GlobalOptions, RunOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import type { Job, JobVariants, Json, Manifest } from "../job.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJob } from "../manifest/resolve-job.ts";
import type { Run } from "../run.ts";
import { namesOneRun } from "../views/runs.ts";
import { theRun } from "./find-run.ts";
import { manifestOptions } from "./manifest-options.ts";
import { openPastRuns } from "./open-history.ts";
import { runCall } from "./run-call.ts";
import { prepareRuns, runPrepared } from "./start-run.ts";
import { parseSet } from "./set-option.ts";

export interface RerunOptions extends GlobalOptions {
  run: string;
  set: string[];
  force: boolean;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
}

/** Runs the job of a past run again, as it is in the manifest now, with that run's parameters and for the same slot. */
export async function rerun(options: RerunOptions, context: CommandContext): Promise<number> {
  const { run, whole } = await pastRun(options, context);
  const manifest = await openManifest(manifestOptions(options, context));
  if (!Object.hasOwn(manifest.jobs, run.job)) {
    throw new JobctlError("usage", `run ${run.id} was of ${run.job}, which the manifest has no more (${manifest.path})`);
  }
  const forSlot = whole.scheduledFor !== whole.startedAt;
  const org = run.organization === null ? run.onlyOrganizations : [run.organization];
  const runOptions: RunOptions = {
    ...options,
    job: run.job,
    dryRun: false,
    trigger: "rerun",
    ...(org ? { org } : {}),
    ...(forSlot ? { scheduledFor: new Date(run.scheduledFor).toISOString() } : {}),
  };
  const recorded = parametersOf(run, manifest, context);
  return runPrepared(prepareRuns(runCall(recorded.manifest, runOptions, context)), { ...recorded.given, ...parseSet(options.set) });
}

/** The run, and the one that it is part of where it was for one organization. */
async function pastRun({ run, ...options }: RerunOptions, context: CommandContext): Promise<{ run: Run; whole: Run }> {
  if (!namesOneRun(run))
    throw new JobctlError("usage", `rerun takes a run's number, not ${JSON.stringify(run)}; jobctl history lists them`);
  const past = await openPastRuns(options, context);
  try {
    const found = theRun(past, run, "any");
    return { run: found, whole: found.parentId === null ? found : theRun(past, String(found.parentId), "any") };
  } finally {
    past.reader?.close();
  }
}

interface Recorded {
  manifest: Manifest;
  /** Values that were given with --set: they are taken as they are. */
  given: Record<string, Json>;
}

/**
 * What is recorded of the manifest's own parameters is its text, before variables were put in, so that no secret is kept;
 * they are put in anew. As long as the manifest is the same one, what differs from it was given with --set.
 */
function parametersOf({ job, parameters, provenance }: Run, manifest: Manifest, context: CommandContext): Recorded {
  if (parameters === null) return { manifest, given: {} };
  const variants = manifest.jobs[job] as JobVariants;
  const { environment } = resolveJob(manifest, job, context);
  const { work } = variants.environments[environment] ?? variants.base;
  // A command has none but those that it was given.
  if (work.kind !== "module") return { manifest, given: parameters as Record<string, Json> };
  const isGiven = ([name, value]: [string, Json]): boolean =>
    provenance.manifestDigest === manifest.digest && !isDeepStrictEqual(value, work.with[name]);
  const entries = Object.entries(parameters as Record<string, Json>);
  const written = Object.fromEntries(entries.filter((entry) => !isGiven(entry)));
  return { manifest: withParameters(manifest, job, written), given: Object.fromEntries(entries.filter(isGiven)) };
}

function withParameters(manifest: Manifest, name: string, parameters: Record<string, Json>): Manifest {
  const { base, environments } = manifest.jobs[name] as JobVariants;
  const change = (job: Job): Job => (job.work.kind === "module" ? { ...job, work: { ...job.work, with: parameters } } : job);
  const changed = Object.entries(environments).map(([environment, job]) => [environment, change(job)] as const);
  return { ...manifest, jobs: { ...manifest.jobs, [name]: { base: change(base), environments: Object.fromEntries(changed) } } };
}
