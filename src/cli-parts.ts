import { type Command, InvalidArgumentError } from "commander";
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

/** Milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`"${text}" is not ${DURATION_FORMS}.`);
  return ms;
}
