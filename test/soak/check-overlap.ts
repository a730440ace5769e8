import { type MarkOf, marksOf, type ProcessName } from "./evidence.ts";
import type { Findings } from "./findings.ts";

/** Those that told both their start and their end, in the order of the file: a start before another's end ran beside it. */
export function besideEachOther({ marks, plan }: Findings): string[] {
  const ended = new Set(marksOf(marks, "end").map(({ process }) => process));
  const places = new Map(plan.jobs.map((job) => [job.name, job.places]));
  const running = new Map<string, Map<ProcessName, string>>();
  const problems: string[] = [];
  for (const mark of marks) {
    if (mark.what === "end") for (const inside of running.values()) inside.delete(mark.process);
    if (mark.what !== "start" || !ended.has(mark.process)) continue;
    for (const name of places.get(mark.job) ?? []) {
      const inside = running.get(name) ?? new Map<ProcessName, string>();
      running.set(name, inside.set(mark.process, mark.key));
      if (inside.size > limitOf(plan, name)) problems.push(`${name}: ${inside.size} at once: ${[...inside.values()].join(", ")}`);
    }
  }
  return problems;
}

/** Whoever holds place n found the places below it held. */
export function beyondLimits({ marks, plan }: Findings): string[] {
  const starts = new Map(marksOf(marks, "start").map((start) => [start.process, start]));
  return marksOf(marks, "holds").flatMap(({ process, places }) =>
    places
      .filter(([name, number]) => !(number < limitOf(plan, name)))
      .map(([name, number]) => `${name}: run ${starts.get(process)?.key} (${process}) held place ${number}, of ${limitOf(plan, name)}`),
  );
}

const limitOf = ({ limits }: Findings["plan"], name: string): number => limits[name] ?? 0;

/**
 * A slot belongs to one run, but for one that takes the place of a crashed or cancelled run (`onCrash: rerun`). Not promised
 * without a writable history: such a run has no id.
 */
export function slotsRunTwice({ marks, rows, plan }: Findings): string[] {
  const mayRerun = new Set(plan.jobs.filter(({ reruns }) => reruns).map(({ name }) => name));
  const status = new Map(rows.map((row) => [row.key, row.status]));
  const first = new Map<string, MarkOf<"start">>();
  const problems: string[] = [];
  for (const start of marksOf(marks, "start").filter(({ trigger, runId }) => trigger === "cron" && runId !== null)) {
    const slot = `${start.job} ${start.slot}`;
    const before = first.get(slot);
    first.set(slot, start);
    if (before === undefined || before.key === start.key) continue;
    const mayFollow = mayRerun.has(start.job) && ["crashed", "cancelled"].includes(status.get(before.key) ?? "");
    if (!mayFollow) problems.push(`${slot}: ${before.key} and ${start.key}`);
  }
  return problems;
}
