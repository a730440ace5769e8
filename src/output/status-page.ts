import { tookOf } from "./run-table.ts";
import { type StatusLook, type StatusRow, troubles } from "./status-table.ts";
import { statusLook } from "./looks.ts";
import { renderFields } from "./table.ts";
import { oneLine } from "./text.ts";
import { formatAge, formatTime } from "./times.ts";

export interface StatusPageRow extends StatusRow {
  title: string | null;
  schedule: string | null;
}

/** One job's status for people: fields, then what needs a look. */
export function renderJobStatus(row: StatusPageRow, look: StatusLook): string {
  const { style, width } = look;
  const fields = fieldsOf(row, look).filter((field): field is [string, string] => field[1] !== null);
  const lines = look.needsALook(row) ? troubles(row, look).map((text) => `${text}\n`) : [];
  const head = `${style.bold(row.job)}${row.title === null ? "" : `  ${oneLine(row.title)}`}${row.enabled ? "" : style.yellow("  disabled")}\n`;
  return `${head}${renderFields(fields, style.dim, width)}${lines.length === 0 ? "" : `\n${lines.join("")}`}`;
}

function fieldsOf(row: StatusPageRow, look: StatusLook): [string, string | null][] {
  const { timezone: zone, last, skipped, missed, next } = row;
  const at = (instant: number): string => `${formatTime(instant, { zone })} (${formatAge(instant, look.now)})`;
  return [
    ["schedule", row.schedule === null ? "none: it runs by hand only" : `${row.words ?? ""} (${zone}): ${row.schedule}`],
    ["paused", row.paused && oneLine(row.paused.text)],
    ...row.running.map((run): [string, string] => [
      "running",
      `since ${at(run.startedAt)}, run ${run.id}, pid ${look.childPid(run) ?? run.provenance.supervisorPid}`,
    ]),
    ["last run", last ? `${lookOf(row, look)} ${at(last.startedAt)}, run ${last.id}` : "never"],
    ["took", last && last.durationMs !== null ? tookOf(last, look.now) : null],
    ["skipped", skipped && !look.needsALook(row) ? `${at(skipped.lastSeenAt ?? skipped.startedAt)}: ${oneLine(look.why(skipped))}` : null],
    ["next run", next === null ? null : at(next)],
    ["missed", missed.count === 0 ? "none" : `${missed.count}${missed.more ? " or more" : ""}`],
    ["timer", row.timer ?? null],
  ];
}

function lookOf({ last }: StatusRow, { style }: StatusLook): string {
  if (!last) return "";
  const { text, colour } = statusLook(last.status, last.warn);
  return style[colour](text);
}
