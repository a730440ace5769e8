import { basename, resolve } from "node:path";
import type { Json } from "../job.ts";
import { outputFiles, readDiscards } from "./discards.ts";
import { shellTokens, type ShellToken, type ShellWord } from "./shell-words.ts";
import { simpleCommand } from "./simple-command.ts";
import { readWrapper } from "./wrappers.ts";

/** What a line of shell text asks for, as far as a manifest can say it. */
export interface CommandRead {
  /** What is left of the text. */
  text: string;
  /** `command`, else `shell`; and `timeout`, `overlap`, `leftovers` where a wrapper said so. */
  fields: Record<string, Json>;
  cwd: string | undefined;
  env: Record<string, string>;
  notes: string[];
  /** The file of a `flock` that became `overlap`. */
  lockFile?: string;
}

export interface CommandPlace {
  /** What `~` and `$HOME` stand for, where that is known. */
  home: string | undefined;
  /** The shell that reads the text. */
  shell: string;
  /** Lock files of more than one line: they keep jobs apart from each other, which `overlap` would not. */
  sharedLocks: ReadonlySet<string>;
}

/** Takes `cd X &&`, `flock`, `timeout`, variables and redirections to /dev/null out of a command, where the rest stays exactly what it was. */
export function readCommand(source: string, place: CommandPlace): CommandRead {
  let reading: CommandRead = { text: source.trim(), fields: {}, cwd: undefined, env: {}, notes: [] };
  for (let next: CommandRead | undefined = reading; next !== undefined; next = step(reading, place)) reading = next;
  const { text } = reading;
  const notes = [...reading.notes, ...outputNotes(text)];
  if (!isBackground(text)) return { ...reading, notes, fields: { ...workOf(text, place), ...reading.fields } };
  // The shell ends at once, and what it started would be ended as left over.
  return { ...reading, notes: [...notes, BACKGROUND], fields: { ...workOf(text, place), ...reading.fields, leftovers: "keep" } };
}

const BACKGROUND =
  "the & at its end puts it in the background, where jobctl sees neither its end nor its failure: take the & and leftovers away";

function step(reading: CommandRead, place: CommandPlace): CommandRead | undefined {
  return isBackground(reading.text) ? undefined : (takeFolder(reading, place) ?? takeWrapper(reading, place));
}

function outputNotes(text: string): string[] {
  const files = outputFiles(simpleCommand(text)?.redirections ?? []);
  return files.length === 0
    ? []
    : [`its output goes on to ${files.join(" and ")}, so jobctl logs shows none of it: take the redirection away to have it there`];
}

/** `cd X && rest`, where nothing of the rest would run without X. */
function takeFolder(reading: CommandRead, { home }: CommandPlace): CommandRead | undefined {
  const tokens = shellTokens(reading.text) ?? [];
  const [cd, folder, and, ...rest] = tokens;
  if (cd?.kind !== "word" || cd.text !== "cd" || folder?.kind !== "word" || and?.text !== "&&" || rest.length === 0) return undefined;
  if (hasAlternative(rest)) return undefined;
  const path = pathOf(folder, home);
  if (path === undefined || !resolve(reading.cwd ?? home ?? "relative", path).startsWith("/")) return undefined;
  if (!path.startsWith("/") && (reading.cwd ?? home) === undefined) return undefined;
  return { ...reading, cwd: resolve(reading.cwd ?? home ?? "/", path), text: reading.text.slice(and.end).trim() };
}

/** Whether a list has parts that run whatever became of its first command; parts in brackets don't. */
function hasAlternative(tokens: readonly ShellToken[]): boolean {
  let depth = 0;
  return tokens.some(({ kind, text }) => {
    if (kind === "word") return false;
    depth += text === "(" ? 1 : text === ")" ? -1 : 0;
    return depth === 0 && ["||", ";", "&", "\n"].includes(text);
  });
}

function pathOf({ text, plain }: ShellWord, home: string | undefined): string | undefined {
  if (plain) return text === "" || text === "-" ? undefined : text;
  const [whole, rest = ""] = /^(?:~|\$HOME|\$\{HOME\})(\/[A-Za-z0-9._/-]*)?$/.exec(text) ?? [];
  return whole === undefined || home === undefined ? undefined : `${home}${rest}`;
}

function isBackground(text: string): boolean {
  return shellTokens(text)?.at(-1)?.text === "&";
}

/** The command without its outermost wrapper, variables or discards; undefined where there are none left. */
function takeWrapper(reading: CommandRead, place: CommandPlace): CommandRead | undefined {
  const command = simpleCommand(reading.text);
  if (command === undefined) return undefined;
  const { assignments, words, redirections } = command;
  if (assignments.length > 0) return takeVariables(reading, assignments, words[0]?.start ?? 0);
  const discards = readDiscards(redirections);
  if (discards !== undefined) return { ...reading, text: cutAll(reading.text, redirections), notes: [...reading.notes, ...discards] };
  const at = keptWords(words);
  const program = words[at];
  if (program === undefined || !program.plain) return undefined;
  if (DROPPED.has(basename(program.text)) && words.length > at + 1) return takeDropped(reading, program, words[at + 1] as ShellWord);
  if (basename(program.text) === "env") return takeEnv(reading, words, at);
  return (
    takeShell(reading, words, { at, alone: redirections.length === 0 }) ??
    takeLimits(reading, words, { at, place, alone: redirections.length === 0 })
  );
}

function takeVariables(reading: CommandRead, assignments: readonly ShellWord[], end: number): CommandRead | undefined {
  if (!assignments.every(({ plain }) => plain)) return undefined;
  const env = Object.fromEntries(assignments.map(({ text }) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]));
  const start = assignments[0]?.start ?? 0;
  return { ...reading, env: { ...reading.env, ...env }, text: cut(reading.text, start, end) };
}

/** Wrappers that a manifest has no word for stay in front: how many words of them there are. */
function keptWords(words: readonly ShellWord[]): number {
  let at = 0;
  while (["nice", "ionice"].includes(basename(words[at]?.text ?? ""))) {
    at += 1;
    while (words[at]?.text.startsWith("-")) at += /^-[cnp]$/.test(words[at]?.text ?? "") ? 2 : 1;
  }
  return at;
}

const DROPPED: ReadonlyMap<string, string> = new Map([
  ["chronic", "chronic went: jobctl prints nothing of a success anyway, and the end of a failure's output"],
  ["nohup", "nohup went: no terminal can hang up on a job"],
  ["exec", ""],
]);

function takeDropped(reading: CommandRead, program: ShellWord, next: ShellWord): CommandRead | undefined {
  if (next.text.startsWith("-")) return undefined;
  const note = DROPPED.get(basename(program.text)) ?? "";
  return { ...reading, text: cut(reading.text, program.start, next.start), notes: [...reading.notes, ...(note === "" ? [] : [note])] };
}

/** `env A=b program`. */
function takeEnv(reading: CommandRead, words: readonly ShellWord[], at: number): CommandRead | undefined {
  const rest = words.slice(at + 1);
  const end = rest.findIndex(({ text }) => !/^[A-Za-z_][A-Za-z0-9_]*=/.test(text));
  const next = rest[end];
  if (end < 1 || next === undefined || next.text.startsWith("-")) return undefined;
  const taken = takeVariables(reading, rest.slice(0, end), next.start);
  return taken && { ...taken, text: cut(reading.text, words[at]?.start ?? 0, next.start) };
}

/** `sh -c TEXT` is the text, since a manifest's `shell` is read by sh too. */
function takeShell(
  reading: CommandRead,
  words: readonly ShellWord[],
  { at, alone }: { at: number; alone: boolean },
): CommandRead | undefined {
  const [program, option, script] = words;
  const isShell = ["sh", "/bin/sh", "/usr/bin/sh"].includes(program?.text ?? "");
  if (at > 0 || !alone || !isShell || option?.text !== "-c" || words.length !== 3 || !script?.plain) return undefined;
  return { ...reading, text: script.text.trim() };
}

interface LimitPlace {
  at: number;
  place: CommandPlace;
  alone: boolean;
}

/** `flock` and `timeout`; a field that a wrapper outside has set stays what it is, with the inner one in the command. */
function takeLimits(reading: CommandRead, words: readonly ShellWord[], { at, place, alone }: LimitPlace): CommandRead | undefined {
  const wrapper = readWrapper(words.slice(at).map(({ text }) => text));
  const next = words[at + (wrapper?.words ?? 0)];
  if (wrapper === undefined || next === undefined || !words.slice(at, at + wrapper.words).every(({ plain }) => plain)) return undefined;
  if (Object.keys(wrapper.fields ?? {}).some((field) => field in reading.fields)) return undefined;
  if (wrapper.lockFile !== undefined && place.sharedLocks.has(wrapper.lockFile)) return undefined;
  if (wrapper.script && (!alone || at > 0 || !next.plain)) return undefined;
  const text = wrapper.script ? next.text.trim() : cut(reading.text, words[at]?.start ?? 0, next.start);
  return {
    ...reading,
    text,
    fields: { ...reading.fields, ...wrapper.fields },
    notes: [...reading.notes, ...wrapper.notes],
    ...(wrapper.lockFile !== undefined && { lockFile: wrapper.lockFile }),
  };
}

/** Builtins and keywords that no program of that name stands for. */
const SHELL_WORDS = new Set(
  ". : ! { alias bg break case cd command continue eval exec exit export fg for getopts hash if jobs local read readonly return set shift source time times trap type ulimit umask unalias unset until wait while function select".split(
    " ",
  ),
);

function workOf(text: string, { shell }: CommandPlace): Record<string, Json> {
  const command = simpleCommand(text);
  const first = command?.words[0];
  const isPlain = command?.words.every(({ plain }) => plain) && command.redirections.length + command.assignments.length === 0;
  if (command && first && isPlain && first.text !== "" && !SHELL_WORDS.has(first.text))
    return { command: command.words.map((word) => word.text) };
  return shell === "/bin/sh" || shell === "/usr/bin/sh" || shell === "sh" ? { shell: text } : { command: [shell, "-c", text] };
}

function cut(text: string, start: number, end: number): string {
  return `${text.slice(0, start)}${text.slice(end)}`.trim();
}

function cutAll(text: string, spans: readonly { start: number; end: number }[]): string {
  return spans
    .toReversed()
    .reduce((rest, { start, end }) => `${rest.slice(0, start).trimEnd()} ${rest.slice(end).trimStart()}`, text)
    .trim();
}
