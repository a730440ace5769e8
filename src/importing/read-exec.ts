import type { Json } from "../job.ts";
import { type Problem, isProblem } from "../schedule/schedule.ts";
import { type Specifiers, type UnitWord, unitWords, withSpecifiers, withVariables } from "./unit-words.ts";

export interface ExecRead {
  /** `command`, or `shell` where variables are put in or several commands follow each other. */
  fields: Record<string, Json>;
  notes: string[];
  problems: string[];
}

interface Line {
  words: UnitWord[];
  prefix: string;
}

/** What runs: the lines of ExecStartPre=, ExecStart= and ExecStartPost=, in that order. `before`: words in front of each, such as nice(1). */
export function readExec(lines: readonly string[], unit: Specifiers, before: readonly string[]): ExecRead | Problem {
  const read: Line[] = [];
  for (const line of lines.flatMap(commandsOf)) {
    const found = readLine(line, unit);
    if (isProblem(found)) return found;
    if (found.words.length > 0) read.push(found);
  }
  const [only] = read;
  if (only === undefined) return { problem: "it has no ExecStart=, so there is nothing to run" };
  const isPlain = read.length === 1 && !only.prefix.includes("-") && only.words.every(({ parts }) => parts.every((part) => "text" in part));
  return {
    fields: isPlain ? { command: [...before, ...only.words.map(textOf)] } : { shell: script(read, before) },
    notes: notesOf(read),
    problems: read.some(({ prefix }) => /[+!@]/.test(prefix))
      ? ["a command begins with @, + or !, which change its name or its privileges; here it runs like the others"]
      : [],
  };
}

/** A word `;` separates commands of one line. */
function commandsOf(line: string): string[] {
  return line.split(/\s+;\s+/);
}

function readLine(line: string, unit: Specifiers): Line | Problem {
  const [, prefix = "", rest = ""] = /^([-@:+!|]*)(.*)$/s.exec(line) ?? [];
  const words = unitWords(rest);
  if (isProblem(words)) return words;
  const found: UnitWord[] = [];
  for (const word of words) {
    const text = withSpecifiers(word === "\\;" ? ";" : word, unit);
    if (typeof text !== "string") return text;
    found.push(prefix.includes(":") ? { parts: [{ text }], split: false } : withVariables(text));
  }
  return { words: found, prefix };
}

function notesOf(lines: readonly Line[]): string[] {
  const split = lines.flatMap(({ words }) => words).some((word) => word.split);
  return [
    ...(lines.length > 1 ? ["its commands run one after the other in one shell; the first failure ends them, as it ends the unit"] : []),
    ...(lines.some(({ prefix }) => prefix.includes("-")) ? ["- before a command: its failure is taken for success (|| true)"] : []),
    ...(split ? ["$NAME is split at blanks; quotes inside its value mean nothing to the shell, but did to systemd"] : []),
  ];
}

const textOf = ({ parts }: UnitWord): string => parts.map((part) => ("text" in part ? part.text : "")).join("");

function script(lines: readonly Line[], before: readonly string[]): string {
  const commands = lines.map(({ words, prefix }) => {
    const text = [...before.map(quote), ...words.map(shellWord)].join(" ");
    return prefix.includes("-") ? `{ ${text} || true; }` : text;
  });
  // A value that is split must not be taken for a pattern too.
  const splits = lines.some(({ words }) => words.some(({ split }) => split));
  return `${splits ? "set -f\n" : ""}${commands.join(" &&\n")}`;
}

function shellWord({ parts, split }: UnitWord): string {
  const texts = parts.map((part) =>
    "variable" in part ? (split ? `$${part.variable}` : `"\${${part.variable}}"`) : part.text === "" ? "" : quote(part.text),
  );
  return texts.join("") === "" ? "''" : texts.join("");
}

function quote(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
