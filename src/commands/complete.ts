import type { CommandContext, GlobalOptions } from "../context.ts";
import { isJobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { manifestOptions } from "./manifest-options.ts";

/** What may be typed behind `jobctl`. */
export interface KnownCommand {
  name: string;
  options: readonly KnownOption[];
  /** Names of its arguments, or their choices. */
  arguments: readonly (string | readonly string[])[];
}

export interface KnownOption {
  flags: readonly string[];
  takesValue: boolean;
  choices: readonly string[];
}

export interface CompleteOptions extends GlobalOptions {
  /** The words behind `jobctl`, the last one unfinished or empty. */
  words: readonly string[];
  commands: readonly KnownCommand[];
  globals: readonly KnownOption[];
}

/** Prints the words that could stand in the last one's place, one a line. Whatever goes wrong, a pressed key has no error to show. */
export async function complete(options: CompleteOptions, context: CommandContext): Promise<number> {
  const last = options.words.at(-1) ?? "";
  const candidates = await candidatesFor(options, context);
  context.stdout.write(
    candidates
      .filter((word) => word.startsWith(last))
      .map((word) => `${word}\n`)
      .join(""),
  );
  return EXIT.ok;
}

/** Arguments whose value is the name of a job: a run's number is asked for by `show` alone. */
const JOB_ARGUMENTS = new Set(["job", "run"]);

async function candidatesFor(options: CompleteOptions, context: CommandContext): Promise<readonly string[]> {
  const { words, commands, globals } = options;
  const last = words.at(-1) ?? "";
  const { positional, command, manifest, open } = readWords(words.slice(0, -1), commands, globals);
  if (open) return open.choices;
  if (last.startsWith("-")) return [...new Set([...(command?.options ?? []), ...globals].flatMap(({ flags }) => flags))];
  if (!command) return commands.map(({ name }) => name);
  const argument = command.arguments[positional];
  if (typeof argument === "object") return argument;
  if (argument === undefined || !JOB_ARGUMENTS.has(argument) || command.name === "new") return [];
  return jobNames({ ...options, ...(manifest === undefined ? {} : { manifest }) }, context);
}

interface ReadWords {
  command: KnownCommand | undefined;
  /** How many arguments the command has already. */
  positional: number;
  /** The option whose value comes next. */
  open: KnownOption | undefined;
  manifest: string | undefined;
}

function readWords(words: readonly string[], commands: readonly KnownCommand[], globals: readonly KnownOption[]): ReadWords {
  const read: ReadWords = { command: undefined, positional: 0, open: undefined, manifest: undefined };
  for (const word of words) {
    if (read.open) {
      if (read.open.flags.includes("--manifest")) read.manifest = word;
      read.open = undefined;
    } else if (word.startsWith("-")) {
      const option = [...(read.command?.options ?? []), ...globals].find(({ flags }) => flags.includes(word));
      if (option?.takesValue) read.open = option;
    } else if (read.command) read.positional += 1;
    else read.command = commands.find(({ name }) => name === word) ?? { name: word, options: [], arguments: [] };
  }
  return read;
}

async function jobNames(options: GlobalOptions, context: CommandContext): Promise<string[]> {
  try {
    return Object.keys((await openManifest(manifestOptions(options, context))).jobs);
  } catch (error) {
    if (isJobctlError(error)) return [];
    throw error;
  }
}
