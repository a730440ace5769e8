import { type MarkOf, marksOf } from "./evidence.ts";
import type { Findings, RunRow, SupervisorEnd } from "./findings.ts";

/** Ends of a run in which its child may have been ended before it could say so. */
const FORCED = new Set(["failed", "timed-out", "cancelled", "crashed"]);

/** Who was killed can't tell its end: then the storm killed it, or its run's row says that it was ended. */
export function unendedStarts({ marks, rows }: Findings): string[] {
  const ended = new Set(marksOf(marks, "end").map(({ process }) => process));
  const struck = new Set(marksOf(marks, "kill").map(({ process }) => process));
  const status = new Map(rows.map((row) => [row.key, row.status]));
  const started = marksOf(marks, "start");
  const last = new Map(started.map((start) => [start.key, start]));
  const silent = started.filter(({ process }) => !ended.has(process) && !struck.has(process));
  const known = new Set(started.map(({ process }) => process));
  return [
    ...silent
      .filter((start) => !(FORCED.has(status.get(start.key) ?? "") || last.get(start.key) !== start))
      .map(({ job, key, process }) => `${job}: run ${key} (${process}) is ${status.get(key) ?? "unknown"}, but its child never ended`),
    ...[...ended].filter((process) => !known.has(process)).map((process) => `${process} ended without a start`),
  ];
}

/** A record may be told on stderr instead where neither history nor spool could be written, and is lost where that run's supervisor was then killed. */
export function lostRuns(findings: Findings): string[] {
  const { marks, rows, supervisors } = findings;
  const known = new Set(rows.map(({ key }) => key));
  const full = diskFullTimes(findings);
  return [...firstStarts(marks).values()]
    .filter(({ key }) => !known.has(key))
    .filter(({ key }) => !supervisors.some(({ stderr }) => tells(stderr, key)))
    .filter(
      (start) => !(start.runId === null && isWithin(full, start.at - BEGINNING_MS, start.at) && wasKilledWithoutRow(start, supervisors)),
    )
    .map(({ job, key, runId }) => `${job}: run ${key} (id ${runId ?? "unknown"}) is in no record`);
}

/** Is the whole record on stderr? */
const tells = (stderr: string, key: string): boolean => stderr.includes(`nor the spool","record":{"start":{"key":"${key}"`);

/** What a run waits for its history before its child starts, and some time for the start. */
const BEGINNING_MS = 7000;

const wasKilledWithoutRow = ({ job, at }: MarkOf<"start">, supervisors: readonly SupervisorEnd[]): boolean =>
  supervisors.some((each) => each.job === job && each.struck === "KILL" && each.startedAt < at);

/** Of a supervisor that nobody killed the row tells the end that the storm saw; only a killed one's run may be called crashed. */
export function disagreements({ rows, marks, supervisors, plan }: Findings): string[] {
  const byProcess = new Map(supervisors.map((each) => [each.process, each]));
  const jobs = new Map(plan.jobs.map((job) => [job.name, job]));
  const starts = new Map<string, MarkOf<"start">[]>();
  for (const start of marksOf(marks, "start")) starts.set(start.key, [...(starts.get(start.key) ?? []), start]);
  const codes = new Map(marksOf(marks, "end").map(({ process, code }) => [process, code]));
  return rows.flatMap((row) => {
    const supervisor = byProcess.get(row.supervisor);
    const own = starts.get(row.key) ?? [];
    const isOne = !jobs.get(row.job)?.scheduled;
    const problem =
      (supervisor === undefined ? "nobody started it" : supervisorDisagrees(row, supervisor, isOne)) ??
      childDisagrees(row, own, codes.get(own.at(-1)?.process ?? "")) ??
      (own.length > (jobs.get(row.job)?.maxRetries ?? 0) + 1 ? `${own.length} attempts` : undefined);
    return problem === undefined ? [] : [`${row.job}: run ${row.key} is ${row.status}: ${problem}`];
  });
}

/** One supervisor of a scheduled job may run several slots and ends with the last failure's code. */
function supervisorDisagrees(
  row: RunRow,
  { struck, code, signal, startedAt, endedAt, stderr }: SupervisorEnd,
  isOne: boolean,
): string | undefined {
  const lasted = (endedAt ?? Number.POSITIVE_INFINITY) - startedAt;
  if ((row.durationMs ?? 0) > lasted + 1) return `it took ${row.durationMs} ms, of the ${Math.round(lasted)} ms of its supervisor`;
  if (struck === "KILL") return undefined;
  // The end could be told on stderr alone, and so the next run took it for crashed.
  if (row.status === "crashed" && tells(stderr, row.key)) return undefined;
  if (row.status === "crashed") return `its supervisor was not killed, but ended with ${code ?? signal}`;
  if (!isOne) return undefined;
  // A signal that comes when the end is on disk ends the supervisor, and changes nothing of the run.
  if (signal !== null) return undefined;
  return row.status === "cancelled" || code !== row.exitCode
    ? `exit code ${row.exitCode}, but its supervisor ended with ${code}`
    : undefined;
}

function childDisagrees(
  { status, attempts }: RunRow,
  starts: readonly MarkOf<"start">[],
  lastCode: number | undefined,
): string | undefined {
  if (status === "skipped" || status === "not-started") return starts.length > 0 ? "its child was started" : undefined;
  if (status === "succeeded" && starts.length > 0 && lastCode !== 0) return `its child ended with ${lastCode ?? "nothing"}`;
  if (status !== "crashed" && status !== "running" && starts.length > attempts) return `${starts.length} children in ${attempts} attempts`;
  return undefined;
}

/** A log that was written while the disk was full is not whole, which its run says aloud. */
export function wrongLogs(findings: Findings): string[] {
  const { rows, logs, marks, supervisors } = findings;
  const full = diskFullTimes(findings);
  const byProcess = new Map(supervisors.map((each) => [each.process, each]));
  const keys = new Map(marksOf(marks, "start").map(({ process, key }) => [process, key]));
  /** Of all attempts of a run. */
  const lastMark = new Map<string, number>();
  for (const mark of marks) if ("process" in mark) lastMark.set(keys.get(mark.process) ?? "", mark.at);
  const first = firstStarts(marks);
  return rows.flatMap((row) => {
    const log = logs.get(row.key);
    const from = byProcess.get(row.supervisor)?.startedAt ?? 0;
    const start = first.get(row.key);
    // Whose child was never to start, refused or ended while it waited, has none.
    if (row.attempts === 0 && start === undefined) return [];
    if (log === undefined || isWithin(full, from, (lastMark.get(row.key) ?? from) + ENDING_MS)) return [];
    if (log.key !== row.key) return [`${row.job}: the log of run ${row.key} begins with ${log.key ?? "no record"}`];
    if (row.status === "crashed" || row.status === "running") return [];
    const outcome = `${row.status}, exit code ${row.exitCode}, `;
    return log.last?.startsWith(outcome) ? [] : [`${row.job}: run ${row.key} is ${outcome}its log says ${log.last ?? "nothing"}`];
  });
}

/** From a child's last word to the end of its run: its leftovers, its retries and the wait for a locked history. */
const ENDING_MS = 15_000;

const firstStarts = (marks: Findings["marks"]): Map<string, MarkOf<"start">> =>
  new Map(marksOf(marks, "start").toReversed().map((start) => [start.key, start])); // prettier-ignore

type Span = [from: number, to: number];

function diskFullTimes({ marks }: Findings): Span[] {
  const free = marksOf(marks, "disk-free");
  return marksOf(marks, "disk-full").map(({ at }) => [at, free.find((mark) => mark.at > at)?.at ?? Number.POSITIVE_INFINITY]);
}

const isWithin = (spans: readonly Span[], from: number, to: number): boolean => spans.some(([begin, end]) => from <= end && to >= begin);
