import type { Style } from "./looks.ts";

/** What is to be changed where, and what becomes of the jobs' settings there. Also what `install-timers --json` prints. */
export interface TimerPlanPage {
  target: string;
  place: string;
  environment: string;
  dryRun: boolean;
  /** How many units or blocks there are in the end. */
  total: number;
  changes: { name: string; change: "add" | "change" | "remove"; isDrift: boolean; exposure: string | null; diff: string }[];
  /** Timers to enable and start. */
  start: string[];
  /** Timers to disable and stop, which stay. */
  stop: string[];
  jobs: { job: string; native: string[]; byJobctl: string[] }[];
  leftOut: readonly { name: string; reason: string }[];
  notes: string[];
}

const MOST_NAMES = 20;

/** Names in a row, and how many more there are where they are many. */
export function namesText(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(", ");
  return `${names.slice(0, MOST_NAMES).join(", ")} and ${names.length - MOST_NAMES} more`;
}

const SIGNS = { add: "+", change: "~", remove: "-" } as const;

export function renderTimerPlan(page: TimerPlanPage, style: Style): string {
  const isIdle = page.changes.length + page.start.length + page.stop.length === 0;
  const parts = [
    `${style.bold(page.place)}${page.total > 0 ? ` (environment ${page.environment})` : ""}\n`,
    isIdle
      ? `  nothing to do${page.total > 0 ? ": everything is as it should be" : ": nothing of this manifest is there"}\n`
      : changeLines(page, style),
    page.changes
      .filter(({ change }) => page.dryRun || change === "change")
      .map(({ diff }) => `\n${paintDiff(diff, style)}`)
      .join(""),
    isIdle ? "" : fidelityLines(page, style),
    page.leftOut.length === 0 ? "" : `\nleft out\n${page.leftOut.map(({ name, reason }) => `  ${name}: ${reason}\n`).join("")}`,
    page.notes.length === 0 ? "" : `\n${page.notes.map((note) => `${style.yellow("!")} ${note}\n`).join("")}`,
  ];
  return parts.join("");
}

function changeLines({ changes, start, stop }: TimerPlanPage, style: Style): string {
  const paint = { add: style.green, change: style.yellow, remove: style.red };
  const lines = changes.map(({ name, change, isDrift, exposure }) => {
    const remarks = [...(isDrift ? ["changed by hand"] : []), ...(exposure === null ? [] : [`exposure ${exposure}`])];
    return `  ${paint[change](`${SIGNS[change]} ${name}`)}${remarks.length === 0 ? "" : `  ${style.dim(remarks.join(", "))}`}\n`;
  });
  return [
    ...lines,
    ...start.map((name) => `  ${style.green("+")} enable and start ${name}\n`),
    ...stop.map((name) => `  ${style.red("-")} disable and stop ${name}\n`),
  ].join("");
}

function paintDiff(diff: string, style: Style): string {
  return diff.replaceAll(/^([-+]).*$/gm, (line, sign) => (sign === "+" ? style.green(line) : style.red(line)));
}

/** Who keeps which setting, each said once with the jobs that it is true of. */
function fidelityLines({ jobs, target }: TimerPlanPage, style: Style): string {
  if (jobs.length === 0) return "";
  const who = target === "systemd" ? "systemd" : "cron";
  return [
    remarkLines(
      jobs.map(({ job, native }) => ({ job, remarks: native })),
      `kept by ${who} itself`,
      style,
    ),
    remarkLines(
      jobs.map(({ job, byJobctl }) => ({ job, remarks: byJobctl })),
      "kept by jobctl run in its place",
      style,
    ),
  ].join("");
}

function remarkLines(jobs: readonly { job: string; remarks: readonly string[] }[], title: string, style: Style): string {
  const named = new Map<string, string[]>();
  for (const { job, remarks } of jobs) for (const remark of remarks) named.set(remark, [...(named.get(remark) ?? []), job]);
  if (named.size === 0) return "";
  const whose = (names: readonly string[]): string => (names.length === jobs.length && jobs.length > 1 ? "all jobs" : namesText(names));
  return `\n${title}\n${[...named].map(([remark, names]) => `  ${remark} ${style.dim(`(${whose(names)})`)}\n`).join("")}`;
}
