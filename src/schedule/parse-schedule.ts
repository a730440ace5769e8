import type { ScheduleSpec } from "../job.ts";
import { readCron } from "./read-cron.ts";
import { readInterval } from "./read-interval.ts";
import { readOnce } from "./read-once.ts";
import { type Problem, isProblem, type Bounds, type Schedule } from "./schedule.ts";
import { type Zone, findZone } from "./zone.ts";

export type ParsedSchedule = { ok: true; schedule: Schedule } | { ok: false; problem: string };

type When = Pick<ScheduleSpec, "type" | "expression" | "timezone" | "startDate" | "endDate">;

/**
 * Reads what a manifest says of a job's time. `name` is the job's, from which `H` is made.
 * A problem is a sentence without the place: the caller puts `jobs.x.schedule:` in front of it.
 */
export function parseSchedule(spec: When, name?: string): ParsedSchedule {
  const schedule = read(spec, name);
  return isProblem(schedule) ? { ok: false, problem: schedule.problem } : { ok: true, schedule };
}

/** The same from one text: cron fields, a nickname, `every 15m` or `at 2026-12-01T03:00`. */
export function scheduleFromText(text: string, timezone: string, name?: string): ParsedSchedule {
  return parseSchedule({ type: typeOfText(text), expression: text, timezone }, name);
}

/** What kind of schedule a text is. */
export function typeOfText(text: string): ScheduleSpec["type"] {
  const word = text.trim();
  if (/^every\b/i.test(word) || /^\d+(ms|[smhdw])$/.test(word)) return "interval";
  return /^at\b/i.test(word) || /^\d{4}-\d\d-\d\d/.test(word) ? "once" : "cron";
}

function read(spec: When, name: string | undefined): Schedule | Problem {
  const text = spec.expression.trim();
  const unfit = unfitText(text);
  if (unfit !== undefined) return { problem: unfit };
  const zone = findZone(spec.timezone);
  if (isProblem(zone)) return zone;
  const bounds = readBounds(spec);
  if (isProblem(bounds)) return bounds;
  return readTimes(spec.type, { text, zone, bounds, name });
}

function unfitText(text: string): string | undefined {
  if (text === "") return 'the schedule is empty: write five cron fields ("0 3 * * *"), "@daily", "every 15m" or "at 2026-12-01T03:00"';
  // A line break would begin a second line in a crontab or a unit.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) return `${JSON.stringify(text)} has a line break or control character in it`;
  if (/^(CRON_)?TZ=/.test(text)) return `"${text}" sets a time zone: write it in timezone`;
  return undefined;
}

interface Source {
  text: string;
  zone: Zone;
  bounds: Bounds;
  name: string | undefined;
}

function readTimes(type: ScheduleSpec["type"], { text, zone, bounds, name }: Source): Schedule | Problem {
  switch (type) {
    case "cron": {
      const cron = readCron(text, name);
      return isProblem(cron) ? cron : { kind: "cron", zone, ...cron, ...bounds };
    }
    case "interval": {
      const every = readInterval(text);
      return typeof every === "number" ? { kind: "interval", zone, every, ...bounds } : every;
    }
    case "once": {
      const at = readOnce(text, zone);
      return typeof at === "number" ? { kind: "once", zone, at, ...bounds } : at;
    }
    default:
      return type satisfies never;
  }
}

function readBounds({ startDate, endDate }: When): Bounds | Problem {
  const bounds: Bounds = {};
  if (startDate !== undefined) bounds.startDate = Date.parse(startDate);
  if (endDate !== undefined) bounds.endDate = Date.parse(endDate);
  if (Number.isNaN(bounds.startDate)) return { problem: `startDate "${startDate}" is no ISO 8601 time: write 2026-12-01T03:00:00Z` };
  if (Number.isNaN(bounds.endDate)) return { problem: `endDate "${endDate}" is no ISO 8601 time: write 2026-12-01T03:00:00Z` };
  if ((bounds.endDate ?? Infinity) <= (bounds.startDate ?? -Infinity)) {
    return { problem: `endDate "${endDate}" is not after startDate "${startDate}": it would never run` };
  }
  return bounds;
}
