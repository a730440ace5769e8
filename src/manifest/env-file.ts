import { JobctlError } from "../errors.ts";
import { readTrusted } from "../system/trusted-file.ts";

/** What decides which code a program loads: an envFile must not set it for root. */
const LOADER_VARIABLE = /^(?:NODE_OPTIONS$|LD_)/;

/** Reads an envFile. Throws JobctlError("config") with the place of the first line that is no assignment. */
export function readEnvFile(path: string, uid: number): Record<string, string> {
  const text = readTrusted(path, uid).bytes.toString("utf8");
  const variables: Record<string, string> = {};
  for (const { name, value, line } of parseEnvFile(text, path)) {
    if (uid === 0 && LOADER_VARIABLE.test(name)) {
      throw new JobctlError("config", `${path}:${line}: ${name} decides which code runs and is refused as root; take it out`);
    }
    variables[name] = value;
  }
  return variables;
}

interface Assignment {
  name: string;
  value: string;
  line: number;
}

/**
 * `NAME=value` lines, `#` comments, an optional `export `. In "double quotes" \n, \t, \", \\ and \$ are escapes; 'single
 * quotes' are literal; an unquoted value ends before ` #`. A quoted value may hold line breaks. Nothing is expanded.
 */
export function parseEnvFile(text: string, path: string): Assignment[] {
  const assignment =
    /(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|([^\n]*?))[ \t]*(?:(?<=[\s"'=])#[^\n]*)?\r?(?:\n|$)/y;
  const blank = /[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/y;
  const found: Assignment[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    blank.lastIndex = at;
    if (blank.test(text)) {
      at = blank.lastIndex;
      continue;
    }
    while (text[at] === " " || text[at] === "\t") at += 1;
    assignment.lastIndex = at;
    const line = text.slice(0, at).split("\n").length;
    const [, name, double, single, bare = ""] = assignment.exec(text) ?? [];
    if (name === undefined || text.slice(at, assignment.lastIndex).includes("\0")) throw notAnAssignment(text, at, `${path}:${line}`);
    found.push({ name, value: double === undefined ? (single ?? bare) : unescape(double), line });
    at = assignment.lastIndex;
  }
  return found;
}

function unescape(text: string): string {
  const meanings: Record<string, string> = { n: "\n", t: "\t", r: "\r" };
  return text.replace(/\\([\s\S])/g, (escape, letter: string) => meanings[letter] ?? (/["\\$`]/.test(letter) ? letter : escape));
}

/** The line itself may be a secret, so only its name part is shown. */
function notAnAssignment(text: string, at: number, where: string): JobctlError {
  const start = /^[^\n=]{0,40}/.exec(text.slice(at))?.[0] ?? "";
  return new JobctlError(
    "config",
    `${where}: ${JSON.stringify(start)} begins no assignment; allowed: NAME=value, NAME="value" and # comments`,
  );
}
