import { type Command, Help, InvalidArgumentError, type Option } from "commander";
import type { CommandContext, GlobalOptions } from "./context.ts";
import { DURATION_FORMS, parseDuration } from "./units.ts";

/** Makes a command with its help, to which its options are added. */
export type CommandMaker = (usage: string, description: string, examples: string[]) => Command;

export type CommandLoader<Options> = () => Promise<(options: Options, context: CommandContext) => Promise<number>>;

/** Makes what a command does: loads its function when it is called; `named` gives its arguments names. */
export type ActionMaker = <Options extends GlobalOptions>(
  load: CommandLoader<Options>,
  named?: (args: string[]) => object,
) => (...received: unknown[]) => Promise<void>;

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`"${text}" is no whole number.`);
  return Number(text);
}

export function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError("It is 1 or more.");
  return number;
}

/** Milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`"${text}" is not ${DURATION_FORMS}.`);
  return ms;
}

/** Words with commas between them, each one of the choices. */
export function list<Choice extends string>(choices: readonly Choice[]) {
  return (text: string): Choice[] =>
    text.split(",").map((word) => {
      const choice = choices.find((each) => each === word.trim());
      if (!choice) throw new InvalidArgumentError(`"${word}" is none of ${choices.join(", ")}.`);
      return choice;
    });
}

/** `help nosuch` and `nosuch --help` would print the program's help, and not that there is no such command. */
export function unknownCommand(argv: readonly string[], program: Command): [string] | undefined {
  const [name] = argv[0] === "help" ? argv.slice(1) : argv;
  if (name === undefined || name === "help" || name.startsWith("-")) return undefined;
  return program.commands.some((each) => each.name() === name) ? undefined : [name];
}

/** That a switch is off and a list is empty needs no words. */
export function describeOption(option: Option): string {
  const { defaultValue } = option as { defaultValue: unknown };
  const isEmpty = defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
  return new Help().optionDescription(isEmpty ? (Object.create(option, { defaultValue: { value: undefined } }) as Option) : option);
}
