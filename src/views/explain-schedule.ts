import { type ClockChange, clockChanges } from "../schedule/clock-changes.ts";
import { crontabLines } from "../schedule/crontab-lines.ts";
import { nextOccurrences } from "../schedule/occurrences.ts";
import { onCalendarLines } from "../schedule/on-calendar.ts";
import { type Schedule, isProblem } from "../schedule/schedule.ts";
import { scheduleWords } from "../schedule/words.ts";
import type { Zone } from "../schedule/zone.ts";
import { clocksAt } from "./next.ts";

/** What a timer is told for a schedule; `note` says where the timer alone is not exact, or why it can't be told. */
interface Translation {
  lines: string[];
  note: string | null;
}

/** Everything there is to say of a schedule: `schedule --json`. Instants in ISO 8601 UTC. */
export interface ScheduleExplanation {
  expression: string;
  timezone: string;
  words: string;
  next: { at: string; there: string; here: string }[];
  crontab: Translation & { hostTimezone: string };
  onCalendar: Translation;
  clockChanges: { at: string; kind: ClockChange["kind"]; times: string[]; message: string }[];
  /** How other readers of such expressions differ. */
  elsewhere: string | null;
}

export interface Point {
  from: number;
  /** The zone of the host's clock, by which its cron goes. */
  host: Zone;
  /** The zone of whoever looks. */
  here: Zone;
}

const RUNS = 10;
const YEAR_MS = 365 * 86_400_000;

export function explainSchedule(
  expression: string,
  schedule: Schedule,
  { from, host, here }: Point,
): Omit<ScheduleExplanation, "elsewhere"> {
  return {
    expression,
    timezone: schedule.zone.name,
    words: scheduleWords(schedule),
    next: nextOccurrences(schedule, from, RUNS).map((at) => nextOf(at, schedule, here)),
    crontab: { ...translation(crontabLines(schedule, host)), hostTimezone: host.name },
    onCalendar: translation(onCalendarLines(schedule)),
    clockChanges: clockChanges(schedule, [from, from + YEAR_MS]).map(({ at, kind, times, message }) => ({
      at: new Date(at).toISOString(),
      kind,
      times,
      message,
    })),
  };
}

function nextOf(at: number, { zone }: Schedule, viewer: Zone): ScheduleExplanation["next"][number] {
  return { at: new Date(at).toISOString(), ...clocksAt(at, [zone, viewer]) };
}

function translation(found: ReturnType<typeof crontabLines>): Translation {
  if (isProblem(found)) return { lines: [], note: found.problem };
  const late = found.lateBy === undefined ? "" : `; it may start up to ${found.lateBy / 1000} s late`;
  return { lines: found.lines, note: found.wakesMore ? `wakes more often than the job is due, and jobctl run decides${late}` : null };
}
