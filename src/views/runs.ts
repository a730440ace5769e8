import { FAILED_STATUSES, type HistoryReader, type RunFilter } from "../history/queries.ts";
import type { Run, RunStatus } from "../run.ts";

/** What the operating system says of a run that history holds as running. */
export interface Supervision {
  isSupervised(run: Run): boolean;
  /** Why one crashed that is not supervised any more. */
  crashReason(run: Run): string;
}

export interface RunQuestion extends Omit<RunFilter, "statuses"> {
  statuses?: readonly RunStatus[] | undefined;
}

/** The runs asked for, newest first. What history holds as running is told as it is: running, or crashed. */
export function findRuns(reader: HistoryReader, question: RunQuestion, supervision: Supervision): Run[] {
  const { statuses, limit } = question;
  if (!statuses) return newestFirst(reader.runs(question)).map((run) => asItIs(reader, run, supervision));
  const ended = reader.runs({ ...question, statuses: statuses.filter((status) => status !== "running") });
  const open = statuses.some((status) => status === "running" || status === "crashed")
    ? reader
        .openRuns()
        .filter((run) => isMeant(run, question))
        .map((run) => asItIs(reader, run, supervision))
    : [];
  return newestFirst([...ended, ...open.filter(({ status }) => statuses.includes(status))]).slice(0, limit);
}

/** A run by its number or key, or the latest run of the job of that name; `begun` leaves out what was skipped, which has no output. */
export function findRun(
  reader: HistoryReader,
  { numberOrJob, which }: { numberOrJob: string; which: "any" | "begun" },
  supervision: Supervision,
): Run | undefined {
  const run = isNumber(numberOrJob)
    ? reader.run(Number(numberOrJob))
    : namesOneRun(numberOrJob)
      ? reader.byKey(numberOrJob)
      : reader.latest(numberOrJob, which);
  return run && asItIs(reader, run, supervision);
}

/** The parts of a run, oldest first. */
export function partsOf(reader: HistoryReader, { key }: Run, supervision: Supervision): Run[] {
  return reader.parts(key).map((run) => asItIs(reader, run, supervision));
}

/** A run has its key before it has a number: while it waits for its turn. */
export const namesOneRun = (text: string): boolean => isNumber(text) || /^[0-9a-z]{8}-[0-9a-f]{16}$/.test(text);

const isNumber = (numberOrJob: string): boolean => /^\d{1,15}$/.test(numberOrJob);

export const FAILED: readonly RunStatus[] = FAILED_STATUSES;

/**
 * An end is on disk before its run's supervision ends. So a row that was read as running, and is not supervised now, is
 * read once more: only if it still says so has the run crashed.
 */
function asItIs(reader: HistoryReader, run: Run, { isSupervised, crashReason }: Supervision): Run {
  if (run.status !== "running" || isSupervised(run)) return run;
  const now = reader.run(run.id) ?? run;
  return now.status === "running" ? { ...now, status: "crashed", reason: crashReason(now) } : now;
}

function isMeant({ job, organization, startedAt }: Run, question: RunQuestion): boolean {
  return (
    organization === (question.organization ?? null) &&
    (question.job === undefined || job === question.job) &&
    startedAt >= (question.since ?? -Infinity) &&
    startedAt < (question.until ?? Infinity)
  );
}

const newestFirst = (runs: readonly Run[]): Run[] => runs.toSorted((a, b) => b.startedAt - a.startedAt || b.id - a.id);
