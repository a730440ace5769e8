import type { Run } from "../run.ts";
import { tookOf } from "./run-table.ts";
import { statusLook, type Style } from "./looks.ts";
import { renderTable, type Cell, type Column } from "./table.ts";
import { oneLine, truncate, wrap } from "./text.ts";
import { formatAge, formatTime } from "./times.ts";

/** What the table shows of a job. */
export interface StatusRow {
  job: string;
  enabled: boolean;
  words: string | null;
  timezone: string;
  paused: { text: string } | null;
  next: number | null;
  running: readonly Run[];
  last: Run | null;
  skipped: Run | null;
  missed: { count: number; more: boolean; latest: number | null };
  timer?: string;
}

export interface StatusLook {
  /** Columns of the terminal; without it nothing is cut. */
  width: number | undefined;
  style: Style;
  now: number;
  /** What became of a run, beyond its status, in one line. */
  why(run: Run): string;
  childPid(run: Run): number | null;
  needsALook(row: StatusRow): boolean;
}

/** Narrower terminals get no dates, only how long until and ago. */
const WIDE = 120;

/**
 * The jobs as a table, then what runs now and what needs a look: a terminal shows the end of a long list, so what matters
 * at night comes last.
 */
export function renderStatus(rows: readonly StatusRow[], look: StatusLook): string {
  return [
    statusTable(rows, look),
    runningNow(rows, look),
    pausedNow(rows, look),
    toLookAt(rows, look),
    `${wrap(summary(rows, look), look.width ?? Infinity)}\n`,
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function statusTable(rows: readonly StatusRow[], look: StatusLook): string {
  const zones = new Set(rows.filter(({ words }) => words !== null).map(({ timezone }) => timezone));
  const shared = zones.size === 1 ? [...zones][0] : undefined;
  const columns: Column[] = [
    { title: "JOB", min: 16 },
    { title: "LAST RUN" },
    { title: "AGE", align: "right", spare: true },
    { title: "TOOK", align: "right", spare: true },
    { title: "NEXT", align: "right" },
    { title: "MISSED", align: "right" },
    { title: "TIMER" },
    { title: shared === undefined || isNarrow(look) ? "SCHEDULE" : `SCHEDULE (${shared})`, min: 10 },
  ];
  const cells = rows.map((row) => statusRow(row, look, shared !== undefined));
  return renderTable(columns, cells, { width: look.width, paintTitle: look.style.dim });
}

function statusRow(row: StatusRow, look: StatusLook, sharedZone: boolean): Cell[] {
  const { style, now } = look;
  const run = row.running[0] ?? row.last ?? row.skipped;
  const words = row.words === null ? "by hand" : sharedZone ? row.words : `${row.words} (${row.timezone})`;
  const calm = row.enabled && !row.paused ? (text: string) => text : style.dim;
  return [
    { text: row.job, paint: row.enabled ? style.bold : style.dim },
    runCell(run, style),
    { text: run ? formatAge(run.lastSeenAt ?? run.startedAt, now).replace(/ ago$/, "") : "", paint: calm },
    { text: run ? tookOf(run, now) : "", paint: calm },
    { text: row.enabled ? (row.paused ? "paused" : nextText(row, look)) : "disabled", paint: calm },
    missedCell(row, style),
    row.timer ?? "",
    { text: words, paint: calm },
  ];
}

function runCell(run: Run | null, style: Style): Cell {
  if (!run) return { text: "- never", paint: style.dim };
  const { text, colour } = statusLook(run.status, run.warn);
  return { text, paint: style[colour] };
}

const isNarrow = ({ width }: StatusLook): boolean => width !== undefined && width < WIDE;

function nextText({ next, timezone }: StatusRow, look: StatusLook): string {
  if (next === null) return "";
  const until = formatAge(next, look.now).replace(/ ago$/, "");
  return isNarrow(look) ? until : `${formatTime(next, { zone: timezone, short: true, withZone: false })} ${until}`;
}

function missedCell({ missed: { count, more } }: StatusRow, style: Style): Cell {
  return count === 0 ? "" : { text: `${count}${more ? "+" : ""}`, paint: style.yellow };
}

function runningNow(rows: readonly StatusRow[], look: StatusLook): string {
  const runs = rows.flatMap(({ job, timezone, running, last }) => running.map((run) => ({ job, timezone, run, last })));
  const { style, now } = look;
  const lines = runs.map(({ job, timezone, run, last }) => {
    const { text, colour } = statusLook("running", false);
    const before = last ? style.dim(`, before: ${statusLook(last.status, last.warn).text}${lastTook(last, now)}`) : "";
    const since = `since ${formatTime(run.startedAt, { zone: timezone })} (${tookOf(run, now)})`;
    return [
      `${style[colour](text)} ${style.bold(job)} ${since}, pid ${look.childPid(run) ?? run.provenance.supervisorPid}${before}`,
      `    ${style.cyan(`jobctl logs -f ${run.id}`)}`,
    ];
  });
  return lines.map((each) => `${each.join("\n")}\n`).join("");
}

const lastTook = (run: Run, now: number): string => (run.durationMs === null ? "" : ` after ${tookOf(run, now)}`);

/** Each pause once, with the jobs that it keeps from running. */
function pausedNow(rows: readonly StatusRow[], { style }: StatusLook): string {
  const jobs = new Map<string, string[]>();
  for (const { job, paused } of rows) if (paused) jobs.set(paused.text, [...(jobs.get(paused.text) ?? []), job]);
  return [...jobs]
    .map(([text, names]) => {
      const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
      return `${style.yellow("‖ paused")} ${style.bold(names.slice(0, 5).join(", "))}${more}\n    ${oneLine(text)}\n`;
    })
    .join("");
}

/** One line per trouble, and what to type next. */
function toLookAt(rows: readonly StatusRow[], look: StatusLook): string {
  return rows
    .filter(look.needsALook)
    .flatMap((row) => troubles(row, look).map((text) => `${text}\n`))
    .join("");
}

/** What is wrong with a job, worst first. */
export function troubles(row: StatusRow, look: StatusLook): string[] {
  const { style, now, width } = look;
  const { job, timezone, last, skipped, missed } = row;
  const cut = (text: string): string => (width === undefined ? oneLine(text) : truncate(oneLine(text), Math.max(20, width - 4)));
  const found: string[] = [];
  if (last && (last.warn || last.status !== "succeeded")) {
    const { text, colour } = statusLook(last.status, last.warn);
    const why = look.why(last);
    found.push(
      `${style[colour](text)} ${style.bold(job)} ${formatAge(last.finishedAt ?? last.startedAt, now)}${
        why === "" ? "" : `\n    ${cut(why)}`
      }\n    ${style.cyan(`jobctl show ${last.id}`)}`,
    );
  }
  if (skipped) {
    const times = skipped.count > 1 ? `${skipped.count} times since ${formatTime(skipped.startedAt, { zone: timezone })}` : "";
    const seen = `${style.yellow("○ skipped")} ${style.bold(job)} ${[formatAge(skipped.lastSeenAt ?? skipped.startedAt, now), times].filter((part) => part !== "").join(", ")}`;
    found.push(`${seen}\n    ${cut(look.why(skipped))}`);
  }
  if (missed.count > 0 && missed.latest !== null) {
    const count = `${missed.count}${missed.more ? " or more" : ""} ${missed.count === 1 ? "time" : "times"}`;
    const latest = `${missed.more ? "up to" : "last"} ${formatTime(missed.latest, { zone: timezone })}`;
    found.push(`${style.yellow("! missed")} ${style.bold(job)} ${count}\n    ${latest}; nothing was started then`);
  }
  return found;
}

function summary(rows: readonly StatusRow[], { style, needsALook, now }: StatusLook): string {
  const running = rows.reduce((sum, row) => sum + row.running.length, 0);
  const bad = rows.filter(needsALook).length;
  const paused = rows.filter((row) => row.paused).length;
  const disabled = rows.filter(({ enabled }) => !enabled).length;
  const [next] = rows.filter((row) => row.next !== null && !row.paused).toSorted((a, b) => (a.next ?? 0) - (b.next ?? 0));
  const parts = [
    `${rows.length} ${rows.length === 1 ? "job" : "jobs"}`,
    ...(running > 0 ? [style.cyan(`${running} running`)] : []),
    bad > 0 ? style.red(`${bad} to look at`) : style.green("nothing to look at"),
    ...(paused > 0 ? [style.yellow(`${paused} paused`)] : []),
    ...(disabled > 0 ? [`${disabled} disabled`] : []),
    ...(next ? [`next: ${next.job} ${formatAge(next.next ?? now, now)}`] : []),
  ];
  return parts.join(" · ");
}
