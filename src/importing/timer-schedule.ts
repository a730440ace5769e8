import type { Json } from "../job.ts";
import { scheduleFromText, typeOfText } from "../schedule/parse-schedule.ts";
import { isProblem } from "../schedule/schedule.ts";
import { calendarToCron } from "./calendar-to-cron.ts";
import { fittingJitter } from "./fitting-jitter.ts";
import { readTimeSpan } from "./time-span.ts";
import { isTrue, type Unit, valueOf, valuesOf } from "./unit-file.ts";

export interface TimerSchedule {
  entry: { schedule?: Json; enabled?: false };
  notes: string[];
  problems: string[];
}

/** Spans that count from the start of the machine, of systemd, or of the timer. */
const FROM_START = ["OnActiveSec", "OnBootSec", "OnStartupSec"] as const;
const IGNORED = ["OnClockChange", "OnTimezoneChange"] as const;

/** The schedule of a .timer unit. `zone` is the host's, in which OnCalendar lines without a zone are. */
export function timerSchedule(timer: Unit, zone: string): TimerSchedule {
  const calendar = valuesOf(timer, "Timer", "OnCalendar");
  const found = calendar.length > 0 ? fromCalendar(calendar, zone) : fromSpans(timer);
  const delay = randomDelay(timer, found.entry.schedule as { expression: string } | undefined);
  const starts = FROM_START.flatMap((key) => valuesOf(timer, "Timer", key).map((value) => `${key}=${value}`));
  const others = IGNORED.filter((key) => isTrue(valueOf(timer, "Timer", key)));
  const spans = calendar.length > 0 ? repeatsOf(timer).map(({ key, value }) => `${key}=${value}`) : [];
  return {
    entry: withTimerOptions(found.entry, { timer, jitter: delay.jitter }),
    notes: [...found.notes, ...delay.notes, ...optionNotes(timer)],
    problems: [
      ...found.problems,
      ...(starts.length > 0
        ? [`${starts.join(", ")}: a manifest has no schedule that counts from the start of the machine or of the timer`]
        : []),
      ...(spans.length > 0 ? [`${spans.join(", ")}: a job has one schedule, and this one has OnCalendar=`] : []),
      ...others.map((key) => `${key}=: a manifest has no such trigger`),
    ],
  };
}

function fromCalendar(values: readonly string[], zone: string): TimerSchedule {
  const found = calendarToCron(values);
  if (isProblem(found))
    return {
      entry: { enabled: false },
      notes: [],
      problems: [`${values.map((value) => `OnCalendar=${value}`).join(", ")} was left out: ${found.problem}`],
    };
  const parsed = scheduleFromText(found.expression, found.timezone ?? zone);
  if (!parsed.ok)
    return { entry: { enabled: false }, notes: [], problems: [`OnCalendar=${values.join(", ")} was left out: ${parsed.problem}`] };
  return {
    entry: { schedule: { expression: found.expression, ...(found.timezone !== undefined && { timezone: found.timezone }) } },
    notes: [],
    problems: [],
  };
}

function repeatsOf(timer: Unit): { key: "OnUnitActiveSec" | "OnUnitInactiveSec"; value: string }[] {
  return (["OnUnitActiveSec", "OnUnitInactiveSec"] as const).flatMap((key) =>
    valuesOf(timer, "Timer", key).map((value) => ({ key, value })),
  );
}

/** A span since the last start or end becomes an interval by the clock, which is not the same and is said to be so. */
function fromSpans(timer: Unit): TimerSchedule {
  const [repeat, ...others] = repeatsOf(timer);
  if (repeat === undefined) return { entry: {}, notes: [], problems: [] };
  const { key, value } = repeat;
  const span = readTimeSpan(value);
  const expression = span === undefined ? undefined : intervalText(span);
  const parsed = expression === undefined ? undefined : scheduleFromText(expression, "UTC");
  if (others.length > 0 || expression === undefined || !parsed?.ok) {
    const why = parsed && !parsed.ok ? `: ${parsed.problem}` : others.length > 0 ? ": a job has one interval" : "";
    return { entry: { enabled: false }, notes: [], problems: [`${key}=${value} was left out${why}`] };
  }
  const since = key === "OnUnitActiveSec" ? "the last start" : "the end of the last run";
  return {
    entry: { schedule: { expression } },
    notes: [
      `${key}=${value} counted from ${since}; ${expression} is by the clock (counted from 1970-01-01 UTC, or from startDate), and skips a start while the last run goes on`,
    ],
    problems: [],
  };
}

function intervalText(ms: number): string | undefined {
  const [size, unit] =
    (
      [
        [86_400_000, "d"],
        [3_600_000, "h"],
        [60_000, "m"],
        [1000, "s"],
      ] as const
    ).find(([each]) => ms % each === 0) ?? [];
  return size === undefined || ms <= 0 || !Number.isFinite(ms) ? undefined : `every ${ms / size}${unit}`;
}

function randomDelay(timer: Unit, schedule: { expression: string } | undefined): { jitter: number; notes: string[] } {
  const value = valueOf(timer, "Timer", "RandomizedDelaySec") ?? "0";
  const delay = readTimeSpan(value) ?? 0;
  if (schedule === undefined || !Number.isFinite(delay)) return { jitter: 0, notes: [] };
  return fittingJitter(delay, schedule.expression, `RandomizedDelaySec=${value}`);
}

function withTimerOptions(entry: TimerSchedule["entry"], { timer, jitter }: { timer: Unit; jitter: number }): TimerSchedule["entry"] {
  const { schedule } = entry;
  if (schedule === undefined) return entry;
  const fields = schedule as { expression: string };
  return {
    schedule: {
      ...fields,
      ...(jitter > 0 && { jitter: spanText(jitter) }),
      ...(!isTrue(valueOf(timer, "Timer", "Persistent")) && typeOfText(fields.expression) !== "once" && { catchUp: "none" }),
    },
  };
}

/** Milliseconds as the manifest writes a duration. */
export function spanText(ms: number): string {
  const [size, unit] = (
    [
      [86_400_000, "d"],
      [3_600_000, "h"],
      [60_000, "m"],
      [1000, "s"],
    ] as const
  ).find(([each]) => ms % each === 0) ?? [1, "ms"];
  return `${ms / size}${unit}`;
}

function optionNotes(timer: Unit): string[] {
  const jitter = valueOf(timer, "Timer", "RandomizedDelaySec");
  const isFixed = isTrue(valueOf(timer, "Timer", "FixedRandomDelay"));
  return [
    ...(jitter !== undefined && !isFixed && readTimeSpan(jitter) !== 0
      ? ["RandomizedDelaySec= was another one each time; jobctl's jitter is always the same for a job and a host"]
      : []),
    ...(isTrue(valueOf(timer, "Timer", "Persistent"))
      ? ["Persistent=yes caught up however old the missed time was; jobctl does within a day (catchUpWithin)"]
      : []),
    ...(isTrue(valueOf(timer, "Timer", "WakeSystem")) ? ["WakeSystem= was left out: jobctl wakes no sleeping machine"] : []),
  ];
}
