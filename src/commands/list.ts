import type { CommandContext, GlobalOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Category } from "../job.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { type ResolvedJob, resolveJobs } from "../manifest/resolve-job.ts";
import { jsonDocument } from "../output/json.ts";
import { styleFor } from "../output/style.ts";
import { type Column, renderTable } from "../output/table.ts";
import { describePause, type Pause, pauseJson, type PauseJson, pauseOf, readPauses } from "../running/pauses.ts";
import { manifestOptions } from "./manifest-options.ts";
import { runStateDir } from "./run-state-dir.ts";

export interface ListOptions extends GlobalOptions {
  category?: string;
  tag?: string;
  json: boolean;
}

/** A job as `list --json` prints it. */
export interface ListedJob {
  name: string;
  title: string | null;
  description: string | null;
  category: Category | null;
  /** 1 (low) to 10 (critical). */
  priority: number;
  tags: string[];
  /** The schedule's text; null for a job that only runs by hand. */
  schedule: string | null;
  timezone: string;
  enabled: boolean;
  critical: boolean;
  /** What keeps it from running now. */
  paused: PauseJson | null;
  /** Where its entry begins. */
  place: string;
}

export async function list(options: ListOptions, context: CommandContext): Promise<number> {
  const manifest = await openManifest(manifestOptions(options, context));
  const stateDir = runStateDir(manifest, options, context);
  const pauses = readPauses(stateDir);
  const pauseOfJob = (job: { name: string; tags: string[] }): Pause | undefined => pauseOf(job, pauses, context.now());
  const jobs = resolveJobs(manifest, context)
    .map((job) => listedJob(job, pauseOfJob(job.job)))
    .filter((job) => isWanted(job, options));
  if (options.json) context.stdout.write(jsonDocument(jobs));
  else if (jobs.length > 0) await printJobs(jobs, pauseOfJob, context);
  if (jobs.length === 0) context.stderr.write(`${nothingToList(Object.keys(manifest.jobs).length)}\n`);
  return EXIT.ok;
}

function isWanted({ category, tags }: ListedJob, wanted: ListOptions): boolean {
  return (wanted.category === undefined || category === wanted.category) && (wanted.tag === undefined || tags.includes(wanted.tag));
}

function listedJob({ job, timezone }: ResolvedJob, pause: Pause | undefined): ListedJob {
  const { name, title, description, category, priority, tags, schedule, enabled, critical, place } = job;
  return {
    name,
    title: title ?? null,
    description: description ?? null,
    category: category ?? null,
    priority,
    tags,
    schedule: schedule?.expression ?? null,
    timezone,
    enabled,
    critical,
    paused: pause ? pauseJson(pause) : null,
    place,
  };
}

const COLUMNS: readonly Column[] = [
  { title: "NAME" },
  { title: "SCHEDULE" },
  { title: "TIMEZONE", spare: true },
  { title: "CATEGORY", spare: true },
  { title: "PRIORITY", align: "right", spare: true },
  { title: "ENABLED" },
  { title: "PAUSED", min: 16 },
  { title: "DESCRIPTION", min: 16 },
];

async function printJobs(
  jobs: readonly ListedJob[],
  pauseOfJob: (job: ListedJob) => Pause | undefined,
  { stdout, env }: CommandContext,
): Promise<void> {
  const style = await styleFor(stdout, env);
  const rows = jobs.map((job) => {
    const { name, title, description, category, priority, schedule, timezone, enabled } = job;
    const pause = pauseOfJob(job);
    const texts = [
      name,
      schedule ?? "by hand",
      timezone,
      category ?? "",
      String(priority),
      enabled ? "yes" : "no",
      pause ? describePause(pause) : "",
      description ?? title ?? "",
    ];
    return enabled && !pause ? texts : texts.map((text) => ({ text, paint: style.dim }));
  });
  stdout.write(renderTable(COLUMNS, rows, { width: stdout.columns, paintTitle: style.bold }));
}

function nothingToList(all: number): string {
  return all === 0 ? "the manifest has no jobs; write one with: jobctl new <job>" : `none of the ${all} jobs has this category and tag`;
}
