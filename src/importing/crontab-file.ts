/** A line that starts a job, as it stands in a crontab. */
export interface CrontabLine {
  /** From 1. */
  number: number;
  text: string;
  /** Five fields or a nickname. */
  schedule: string;
  /** Only in /etc/crontab and /etc/cron.d. */
  user: string | undefined;
  command: string;
  /** What the lines above it have set, in order. */
  variables: Readonly<Record<string, string>>;
  /** The comment right above it. */
  comment: string | undefined;
}

export interface CrontabFile {
  lines: CrontabLine[];
  /** Lines that are no comment, no variable and no job. */
  unread: { number: number; text: string; reason: string }[];
  /** How many jobs are commented out. */
  commentedOut: number;
}

export interface CrontabForm {
  /** Whether each line names its user, as in /etc/crontab and /etc/cron.d. */
  withUser: boolean;
}

const VARIABLE = /^("[^"]*"|'[^']*'|[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/;
const TIMES = /^(@\S+|\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+[ \t]+\S+)(?:[ \t]+(.*))?$/;

/** Reads a crontab (crontab(5)). Variables hold for the lines below them. */
export function readCrontab(text: string, { withUser }: CrontabForm): CrontabFile {
  const file: CrontabFile = { lines: [], unread: [], commentedOut: 0 };
  let variables: Record<string, string> = {};
  let comment: string[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const [number, line] = [index + 1, raw.replace(/^[ \t]+/, "")];
    if (line.trim() === "") comment = [];
    else if (line.startsWith("#")) {
      if (isCommentedOut(line)) file.commentedOut += 1;
      else comment.push(line.replace(/^#+\s*/, ""));
    } else {
      const [, name, value = ""] = VARIABLE.exec(line) ?? [];
      if (name === undefined) readLine({ number, text: line }, { withUser, variables, comment: describing(comment), file });
      else variables = withVariable(variables, unquoted(name), unquoted(value));
      comment = [];
    }
  }
  return file;
}

function withVariable(variables: Readonly<Record<string, string>>, name: string, value: string): Record<string, string> {
  return { ...variables, [name]: value };
}

function readLine(
  { number, text }: { number: number; text: string },
  { withUser, variables, comment, file }: CrontabForm & Pick<CrontabLine, "variables" | "comment"> & { file: CrontabFile },
): void {
  const [, schedule, rest = ""] = TIMES.exec(text) ?? [];
  if (schedule === undefined)
    return void file.unread.push({ number, text, reason: "is no crontab line: five fields or a nickname, and a command" });
  const [, user, command = ""] = withUser ? (/^(\S+)(?:[ \t]+(.*))?$/.exec(rest) ?? []) : [rest, undefined, rest];
  if (command.trim() === "") return void file.unread.push({ number, text, reason: `has no command${withUser ? " behind its user" : ""}` });
  file.lines.push({ number, text, schedule, user, command, variables, comment });
}

/** A line that would start a job but for its `#`: what a crontab's own example says is none. */
function isCommentedOut(line: string): boolean {
  return /^#+\s*(?:@(?:reboot|hourly|daily|midnight|weekly|monthly|yearly|annually)\s+\S|(?:[\d*][\d*/,-]*\s+){3}[\w*/,-]+\s+[\w*/,-]+\s+\S)/.test(
    line,
  );
}

/** Comments that describe the columns, decorate or belong to editors describe no job. */
function describing(comment: readonly string[]): string | undefined {
  const text = comment
    .filter((line) => /[A-Za-z]{2}/.test(line) && !/^m(?:in)?\s+h|-\*-|^(?:BEGIN|END)\b|^[*.|-]/.test(line))
    .join(" ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return text === "" || text.length > 200 ? undefined : text;
}

function unquoted(text: string): string {
  return /^(["']).*\1$/.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}

/**
 * What cron makes of the sixth field: up to the first `%` it is the command, what follows is its input, each further `%` a
 * newline. `\%` is a percent sign; Debian's cron makes one backslash of two, cronie leaves them.
 */
export function splitPercent(command: string, dialect: "debian" | "cronie"): { command: string; input: string | undefined } {
  const escape = dialect === "debian" ? /\\[%\\]|%/g : /\\%|%/g;
  const mark = [...command.matchAll(escape)].find(([found]) => found === "%");
  const end = mark?.index ?? command.length;
  const escapes = new RegExp(escape.source.replace("|%", ""), "g");
  return {
    command: command.slice(0, end).replaceAll(escapes, (found) => found.slice(1)),
    input: mark === undefined ? undefined : command.slice(end + 1).replaceAll(/\\%|%/g, (found) => (found === "%" ? "\n" : "%")),
  };
}
