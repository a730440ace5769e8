import { didYouMean } from "../nearest.ts";
import { dayTerms, everRuns } from "./day-rule.ts";
import { HOUR, MINUTE, MONTH, SECOND } from "./field-names.ts";
import { readDayOfMonth, readDayOfWeek } from "./read-day-fields.ts";
import { readField } from "./read-field.ts";
import { type Problem, isProblem, type CronFields, type CronSchedule, type DayTerm } from "./schedule.ts";

const NICKNAMES: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

/** Nicknames of other schedulers, and what to write in their place. */
const FOREIGN: Readonly<Record<string, string>> = {
  "@minutely": '"* * * * *"',
  "@secondly": '"* * * * * *" (six fields)',
  "@weekdays": '"0 0 * * 1-5"',
  "@weekends": '"0 0 * * 0,6"',
  "@quarterly": '"0 0 1 1,4,7,10 *"',
};

export type CronParts = Pick<CronSchedule, "fields" | "days" | "withSeconds">;

/** Reads five or six fields or a nickname. `seed` is the job's name, from which `H` is made. */
export function readCron(text: string, seed: string | undefined): CronParts | Problem {
  if (text.startsWith("@")) return readNickname(text);
  const words = text.split(/[ \t]+/);
  if (words.length !== 5 && words.length !== 6) return { problem: countProblem(text, words) };
  const withSeconds = words.length === 6;
  const fields = readFields(withSeconds ? words : ["0", ...words], seed);
  if (isProblem(fields)) return fields;
  const days = dayTerms(fields.dayOfMonth, fields.dayOfWeek);
  if (isProblem(days)) return days;
  if (!everRuns(days, fields.month.values)) return { problem: neverRuns(words.slice(-3), days) };
  return { fields, days, withSeconds };
}

function readNickname(text: string): CronParts | Problem {
  const expression = NICKNAMES[text];
  if (expression !== undefined) return readCron(expression, undefined);
  return { problem: nicknameProblem(text) };
}

function nicknameProblem(text: string): string {
  if (/^@every /i.test(text)) return `"${text}" is written without @: "every ${text.slice(7).trim()}"`;
  if (text === "@reboot") return `"@reboot" names no time of a clock, so it has no occurrences: let the system's start-up call jobctl run`;
  const foreign = FOREIGN[text.toLowerCase()];
  if (foreign !== undefined) return `"${text}" is unknown to cron: write ${foreign}`;
  if (text.toLowerCase() in NICKNAMES) return `"${text}" is written in lower case: "${text.toLowerCase()}"`;
  return `"${text}" is no nickname: allowed are ${Object.keys(NICKNAMES).join(", ")}${didYouMean(text.toLowerCase(), Object.keys(NICKNAMES))}`;
}

function readFields(words: readonly string[], seed: string | undefined): CronFields | Problem {
  const [second = "", minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = ""] = words;
  const fields = {
    second: readField(second, SECOND, seed),
    minute: readField(minute, MINUTE, seed),
    hour: readField(hour, HOUR, seed),
    dayOfMonth: readDayOfMonth(dayOfMonth, seed),
    month: readField(month, MONTH, seed),
    dayOfWeek: readDayOfWeek(dayOfWeek, seed),
  };
  const problems = Object.values(fields).flatMap((field) => (isProblem(field) ? [field.problem] : []));
  return problems.length > 0 ? { problem: problems.join("; ") } : (fields as CronFields);
}

function countProblem(text: string, words: readonly string[]): string {
  const found = `"${text}" has ${words.length} ${words.length === 1 ? "field" : "fields"}`;
  const rule = "a schedule has five (minute, hour, day of month, month, day of week) or six (seconds first)";
  if (words.length === 7) return `${found}: ${rule}; there is no year: use startDate and endDate`;
  if (words.length > 7) return `${found}: ${rule}; the command is not part of it`;
  return `${found}: ${rule}${words.length === 1 ? didYouMean(`@${text}`, Object.keys(NICKNAMES)) : ""}`;
}

function neverRuns([dayOfMonth, month, dayOfWeek]: readonly string[], days: readonly DayTerm[]): string {
  const date = `day of month "${dayOfMonth}", month "${month}" and day of week "${dayOfWeek}"`;
  return days.length === 0 ? `${date} have no day in common: it would never run` : `${date} name no date that exists: it would never run`;
}
