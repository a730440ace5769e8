import type { Json } from "../job.ts";

/** Where a job comes from: `/etc/cron.d/backup:12`, `backup.timer`, and the line or unit lines that started it. */
export interface Origin {
  place: string;
  text: string;
}

/** A manifest entry that was made from what pulls the trigger today. */
export interface ImportedJob {
  name: string;
  /** The fields of the entry, as the manifest takes them. */
  entry: Record<string, Json>;
  origin: Origin;
  /** What is different from now on, or was left out although the job works. */
  notes: string[];
  /** What could not be carried over and changes if or when the job runs. */
  problems: string[];
}

/** What no entry was made of. */
export interface LeftOut {
  origin: Origin;
  reason: string;
}

export interface Import {
  /** The zone of all schedules that name none. */
  timezone: string;
  jobs: ImportedJob[];
  leftOut: LeftOut[];
  /** What is said once of all of them. */
  notes: string[];
}

/** `interpolate` would read `${NAME}` and `$$` in every text but commands; what comes from elsewhere means itself. */
export function literal(text: string): string {
  return text.replaceAll(/\$(?=[${])/g, "$$$$");
}

/** Gives each job a name that no other has: `backup`, `backup-2`. */
export function uniquelyNamed(jobs: readonly ImportedJob[]): ImportedJob[] {
  const taken = new Set<string>();
  return jobs.map((job) => {
    let name = job.name;
    for (let n = 2; taken.has(name); n += 1) name = `${job.name.slice(0, 60)}-${n}`;
    taken.add(name);
    return { ...job, name };
  });
}

/** What is said of every job is said once. */
export function withSharedNotes(jobs: readonly ImportedJob[]): { jobs: ImportedJob[]; notes: string[] } {
  const [first, ...others] = jobs;
  const shared = others.length === 0 ? [] : (first?.notes ?? []).filter((note) => others.every(({ notes }) => notes.includes(note)));
  return {
    jobs: jobs.map((job) => ({ ...job, notes: job.notes.filter((note) => !shared.includes(note)) })),
    notes: shared.map((note) => `Of all jobs: ${note}`),
  };
}

/** Any text as a job's name: small letters, digits and hyphens, up to 60 of them. */
export function nameFrom(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? "job" : name;
}
