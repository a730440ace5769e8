import type { Json } from "../job.ts";
import { clockChanges, hasFixedTimes } from "../schedule/clock-changes.ts";
import { scheduleFromText } from "../schedule/parse-schedule.ts";
import { commandName } from "./command-name.ts";
import { cronTimesProblem } from "./cron-times.ts";
import { type CrontabLine, readCrontab, splitPercent } from "./crontab-file.ts";
import { fittingJitter } from "./fitting-jitter.ts";
import { type Import, type ImportedJob, type LeftOut, literal, uniquelyNamed, withSharedNotes } from "./imported.ts";
import { type CommandRead, readCommand } from "./read-command.ts";
import { spanText } from "./timer-schedule.ts";

export interface CrontabPlace {
  /** What messages call the table: `/etc/cron.d/backup`, `crontab -l`. */
  name: string;
  /** Whether each line names its user. */
  withUser: boolean;
  dialect: "debian" | "cronie";
  /** The zone of the host whose table it is. */
  timezone: string;
  /** Whose table it is where lines name no user; undefined where that is not known. */
  user: string | undefined;
  /** The home folder of a user of this host. */
  homeOf(user: string): string | undefined;
  /** For the clock changes to warn of. */
  now: number;
}

const YEAR_MS = 366 * 86_400_000;
const SECRET = /PASS|SECRET|TOKEN|API_?KEY|PRIVATE_KEY/i;
/** What cron itself reads, or sets whatever a line says. */
const CRONS_OWN = new Set([
  "SHELL",
  "MAILTO",
  "MAILFROM",
  "CONTENT_TYPE",
  "CONTENT_TRANSFER_ENCODING",
  "CRON_TZ",
  "RANDOM_DELAY",
  "LOGNAME",
  "USER",
]);

/** Makes manifest entries of a crontab's text. */
export function importCrontab(text: string, place: CrontabPlace): Import {
  const { lines, unread, commentedOut } = readCrontab(text, place);
  const own = lines.filter(isOurs);
  const others = lines.filter((line) => !isOurs(line));
  const sharedLocks = locksOfSeveral(others, place);
  const leftOut: LeftOut[] = [
    ...unread.map((line) => ({ origin: originOf(line, place), reason: line.reason })),
    ...own.map((line) => ({ origin: originOf(line, place), reason: "is a line of jobctl's own" })),
  ];
  const { jobs, notes } = withSharedNotes(others.map((line) => importLine(line, { place, sharedLocks })));
  return {
    timezone: place.timezone,
    jobs: uniquelyNamed(jobs),
    leftOut,
    notes:
      commentedOut === 0 ? notes : [...notes, `${commentedOut} commented-out ${commentedOut === 1 ? "line was" : "lines were"} left out`],
  };
}

function originOf({ number, text }: { number: number; text: string }, { name }: CrontabPlace): LeftOut["origin"] {
  return { place: `${name}:${number}`, text };
}

function isOurs({ command }: CrontabLine): boolean {
  return /\bjobctl(?:\.js)?['"]?\s+run\b.*--(?:trigger|due)\b/.test(command);
}

interface LinePlace {
  place: CrontabPlace;
  sharedLocks: ReadonlySet<string>;
}

function importLine(line: CrontabLine, { place, sharedLocks }: LinePlace): ImportedJob {
  const user = line.user ?? place.user;
  const home = line.variables["HOME"] ?? (user === undefined ? undefined : place.homeOf(user));
  const { command, input } = splitPercent(line.command, place.dialect);
  const shell = line.variables["SHELL"] || "/bin/sh";
  const read = input === undefined ? readCommand(command, { home, shell, sharedLocks }) : withInput(command, input, shell);
  const times = importTimes(line, place);
  const { description, ...work } = { description: line.comment, ...read.fields };
  const entry: Record<string, Json | undefined> = {
    description: description === undefined ? undefined : literal(description),
    ...work,
    cwd: (read.cwd ?? home) === undefined ? undefined : literal(read.cwd ?? home ?? ""),
    env: environmentOf(line, read),
    ...times.entry,
    security: line.user === undefined || line.user === "root" ? undefined : { runAs: line.user },
  };
  return {
    name: commandName(read.text),
    entry: Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as Record<string, Json>,
    origin: originOf(line, place),
    notes: [...times.notes, ...read.notes, ...lockNotes(command, sharedLocks), ...lineNotes(line, home, place)],
    problems: times.problems,
  };
}

/** A command with input from the line itself keeps it as a here-document, which ends with a newline as cron's input does. */
function withInput(command: string, input: string, shell: string): CommandRead {
  const marks = Array.from({ length: 100 }, (_, index) => `INPUT${index === 0 ? "" : index}`);
  const mark = marks.find((each) => !input.split("\n").includes(each)) ?? "";
  const text = `{ ${command.trim()}\n} <<'${mark}'\n${input === "" ? "" : `${input.replace(/\n$/, "")}\n`}${mark}\n`;
  const isSh = /^(?:\/usr)?\/bin\/sh$/.test(shell);
  return {
    text: command,
    fields: isSh ? { shell: text } : { command: [shell, "-c", text] },
    cwd: undefined,
    env: {},
    notes: ["what followed % was its input, and is a here-document now"],
  };
}

function environmentOf({ variables }: CrontabLine, read: CommandRead): Record<string, string> | undefined {
  const own = Object.entries(variables).filter(([name]) => !CRONS_OWN.has(name) && VARIABLE_NAME.test(name));
  const set = [...own, ...Object.entries(read.env)];
  if (set.length === 0) return undefined;
  return Object.fromEntries(set.map(([name, value]) => [name, literal(value)]));
}

/** cron takes any name in quotes; a shell, and so a manifest, only these. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

interface Times {
  entry: { schedule?: Json; enabled?: false };
  notes: string[];
  problems: string[];
}

/** cron forgets what it missed while the machine was off, so nothing is caught up. */
function importTimes(line: CrontabLine, place: CrontabPlace): Times {
  const silent = line.schedule.startsWith("-");
  const expression = line.schedule.replace(/^-/, "").replaceAll(/[ \t]+/g, " ");
  if (expression === "@reboot") {
    return {
      entry: {},
      notes: [],
      problems: ['@reboot: a manifest has no schedule for the start of the machine; keep one line "@reboot jobctl run NAME"'],
    };
  }
  const notes = silent ? ["the - before its minutes only kept cron's own log quiet"] : [];
  const problem = cronTimesProblem(expression);
  if (problem !== undefined) return { entry: { enabled: false }, notes, problems: [`its times "${expression}" were left out: ${problem}`] };
  const zone = place.dialect === "cronie" ? line.variables["CRON_TZ"] : undefined;
  const parsed = scheduleFromText(expression, zone ?? place.timezone);
  if (!parsed.ok) return { entry: { enabled: false }, notes, problems: [`its times "${expression}" were left out: ${parsed.problem}`] };
  const minutes = place.dialect === "cronie" ? Number(line.variables["RANDOM_DELAY"] ?? 0) : 0;
  const delay = minutes > 0 ? fittingJitter(minutes * 60_000, expression, `RANDOM_DELAY=${minutes}`) : { jitter: 0, notes: [] };
  return {
    entry: {
      schedule: {
        expression,
        ...(zone !== undefined && { timezone: zone }),
        ...(delay.jitter > 0 && { jitter: spanText(delay.jitter) }),
        catchUp: "none",
      },
    },
    notes: [...notes, ...delay.notes, ...changeNotes(parsed.schedule, place.now)],
    problems: [],
  };
}

/** Debian's cron starts fixed times that the clock skips right after it, and others twice where it repeats an hour; a manifest's slots are wall clock times, each at most once. */
function changeNotes(schedule: Parameters<typeof clockChanges>[0], now: number): string[] {
  const changes = clockChanges(schedule, [now, now + YEAR_MS]);
  const relevant = hasFixedTimes(schedule)
    ? changes.filter(({ kind }) => kind === "skipped")
    : changes.filter(({ kind }) => kind === "repeated");
  const [first] = relevant;
  if (first === undefined) return [];
  const cron = hasFixedTimes(schedule) ? "cron starts it when the clock has jumped" : "cron starts it both times";
  return [`${first.message}; ${cron}`];
}

function lineNotes({ variables, user }: CrontabLine, home: string | undefined, { dialect }: CrontabPlace): string[] {
  const { MAILTO, CRON_TZ, RANDOM_DELAY, PATH } = variables;
  const unfit = Object.keys(variables).filter((name) => !VARIABLE_NAME.test(name));
  const secrets = Object.keys(variables).filter((name) => SECRET.test(name) && !CRONS_OWN.has(name));
  return [
    ...(MAILTO === undefined ? [] : [mailNote(MAILTO)]),
    ...(CRON_TZ !== undefined && dialect === "debian"
      ? [`CRON_TZ=${CRON_TZ} does nothing under Debian's cron, so it was left out; for a table of cronie's import with --dialect cronie`]
      : []),
    ...(RANDOM_DELAY !== undefined && dialect === "debian"
      ? [`RANDOM_DELAY=${RANDOM_DELAY} does nothing under Debian's cron, so it was left out`]
      : []),
    ...unfit.map((name) => `the variable "${name}" was left out: no shell takes such a name`),
    ...(PATH?.includes("$") ? ["cron does not expand the $ in PATH, and neither does jobctl"] : []),
    ...(secrets.length > 0
      ? [`${secrets.join(", ")}: looks secret; secrets: or an envFile would keep it out of this file and out of logs`]
      : []),
    ...(home === undefined ? [`cron starts it in the home folder of ${user ?? "its user"}, which is not known here: set cwd`] : []),
  ];
}

function mailNote(address: string): string {
  return address === ""
    ? 'MAILTO="" kept its output from being mailed; jobctl mails none of it by itself'
    : `MAILTO=${address}: cron mailed its output there; jobctl keeps it (jobctl logs), and the end of a failure's output is what cron would still mail`;
}

function lockNotes(command: string, sharedLocks: ReadonlySet<string>): string[] {
  const file = [...sharedLocks].find((each) => command.includes(each));
  return file === undefined ? [] : [`flock stays in the command: ${file} keeps several jobs apart, which overlap would not`];
}

/** Lock files that more than one line takes. */
function locksOfSeveral(lines: readonly CrontabLine[], { dialect }: CrontabPlace): Set<string> {
  const files = lines.flatMap((line) => {
    const { lockFile } = readCommand(splitPercent(line.command, dialect).command, {
      home: undefined,
      shell: "/bin/sh",
      sharedLocks: new Set(),
    });
    return lockFile === undefined ? [] : [lockFile];
  });
  return new Set(files.filter((file, index) => files.indexOf(file) !== index));
}
