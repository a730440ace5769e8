import type { Run } from "../run.ts";
import { statusLook, type Style } from "./looks.ts";
import { renderTable, type Cell, type Column } from "./table.ts";
import { formatAge, formatDuration, formatTime, zoneName } from "./times.ts";

export interface HistoryLook {
  /** Columns of the terminal; without it nothing is cut. */
  width: number | undefined;
  style: Style;
  now: number;
  zoneOf(job: string): string;
  /** What became of a run, beyond its status, in one line. */
  why(run: Run): string;
}

/** Terminals narrower than this get times without year and seconds. */
const WIDE = 110;

/** Runs as a table for people, in the given order. */
export function renderHistory(runs: readonly Run[], look: HistoryLook): string {
  const { width, style } = look;
  const short = width !== undefined && width < WIDE && runs.every((run) => isSameYear(run.startedAt, look.now));
  const zones = new Set(runs.map(({ job, startedAt }) => zoneName(startedAt, look.zoneOf(job))));
  const shared = zones.size === 1 ? [...zones][0] : undefined;
  const columns: Column[] = [
    { title: "ID", align: "right" },
    { title: "JOB", min: 12 },
    { title: "STATUS" },
    { title: shared === undefined ? "STARTED" : `STARTED (${shared})` },
    { title: "AGE", align: "right", spare: true },
    { title: "TOOK", align: "right", spare: true },
    { title: "DETAIL", min: 14 },
  ];
  const rows = runs.map((run) => historyRow(run, look, { short, withZone: shared === undefined }));
  return renderTable(columns, rows, { width, paintTitle: style.dim });
}

function historyRow(run: Run, { style, now, zoneOf, why }: HistoryLook, form: { short: boolean; withZone: boolean }): Cell[] {
  const { text, colour } = statusLook(run.status, run.warn);
  return [
    String(run.id),
    { text: run.organization === null ? run.job : `${run.job} (${run.organization})`, paint: style.bold },
    { text, paint: style[colour] },
    formatTime(run.startedAt, { zone: zoneOf(run.job), ...form }),
    { text: formatAge(run.startedAt, now), paint: style.dim },
    tookOf(run, now),
    [why(run), repeats(run, now)].filter((part) => part !== "").join("; "),
  ];
}

/** How long it took, or has taken so far. */
export function tookOf({ status, durationMs, startedAt }: Run, now: number): string {
  if (status === "running") return formatDuration(Math.max(0, now - startedAt));
  return durationMs === null || status === "skipped" ? "" : formatDuration(durationMs);
}

function repeats({ count, lastSeenAt }: Run, now: number): string {
  return count > 1 && lastSeenAt !== null ? `${count} times, last ${formatAge(lastSeenAt, now)}` : "";
}

const isSameYear = (a: number, b: number): boolean => new Date(a).getUTCFullYear() === new Date(b).getUTCFullYear();
