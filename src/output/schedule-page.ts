import type { Style } from "./looks.ts";
import { renderTable } from "./table.ts";

interface Page {
  expression: string;
  words: string;
  next: readonly { there: string; here: string }[];
  crontab: { lines: readonly string[]; note: string | null; hostTimezone: string };
  onCalendar: { lines: readonly string[]; note: string | null };
  clockChanges: readonly { message: string }[];
  elsewhere: string | null;
}

/** A schedule for people: words, next runs, both translations, clock changes. */
export function renderSchedule(page: Page, { bold, dim, yellow }: Style): string {
  const { next, crontab, onCalendar, clockChanges, elsewhere } = page;
  const translated = ({ lines, note }: { lines: readonly string[]; note: string | null }): string[] => [
    ...lines,
    ...(note === null ? [] : [dim(`(${note})`)]),
  ];
  return [
    section(bold(page.expression), [page.words]),
    section(bold("Next runs"), nextLines(next)),
    section(`${bold("crontab")} ${dim(`(a host whose clock is ${crontab.hostTimezone})`)}`, translated(crontab)),
    section(`${bold("OnCalendar")} ${dim("(systemd)")}`, translated(onCalendar)),
    ...(clockChanges.length > 0
      ? [
          section(
            bold("Clock changes"),
            clockChanges.map(({ message }) => yellow(message)),
          ),
        ]
      : []),
    ...(elsewhere === null ? [] : [section(bold("Elsewhere"), [elsewhere])]),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function nextLines(next: readonly { there: string; here: string }[]): string[] {
  if (next.length === 0) return ["none"];
  return next.map(({ there, here }) => (there === here ? there : `${there} = ${here}`));
}

/** The runs to come as a table; the second clock is left out where it shows the same. */
export function renderNextRuns(
  runs: readonly { job: string; there: string; here: string; age: string }[],
  { bold }: Style,
  width: number | undefined,
): string {
  const rows = runs.map(({ job, there, here, age }) => [job, there, there === here ? "" : here, age]);
  const columns = [{ title: "JOB", min: 20 }, { title: "NEXT RUN" }, { title: "HERE" }, { title: "IN" }];
  return renderTable(columns, rows, { width, paintTitle: bold });
}
