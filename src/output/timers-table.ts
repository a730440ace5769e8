import type { Style } from "./looks.ts";
import { type Column, renderTable } from "./table.ts";
import { formatAge } from "./times.ts";

interface TimerRow {
  job: string;
  target: string;
  state: string;
  trigger: string;
  /** ISO 8601 UTC. */
  next: string | null;
  last: string | null;
}

export function renderTimers(
  rows: readonly TimerRow[],
  { style, width, now }: { style: Style; width: number | undefined; now: number },
): string {
  const age = (instant: string | null): string => (instant === null ? "" : formatAge(Date.parse(instant), now));
  const columns: Column[] = [
    { title: "JOB", min: 12 },
    { title: "TARGET" },
    { title: "STATE" },
    { title: "NEXT" },
    { title: "LAST", spare: true },
    { title: "TRIGGER", min: 12, spare: true },
  ];
  const cells = rows.map(({ job, target, state, trigger, next, last }) => [
    { text: job, paint: style.bold },
    target,
    { text: state, paint: state === "ok" ? style.green : style.yellow },
    age(next),
    age(last),
    { text: trigger, paint: style.dim },
  ]);
  return renderTable(columns, cells, { width, paintTitle: style.dim });
}
