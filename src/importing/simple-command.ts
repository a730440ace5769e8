import { type ShellToken, type ShellWord, shellTokens } from "./shell-words.ts";

/** `2>&1`, `>> /var/log/x.log`. */
export interface Redirection {
  /** The descriptor's digits, or nothing. */
  fd: string;
  operator: string;
  target: ShellWord;
  start: number;
  end: number;
}

/** One command without `&&`, `|` or `;`: `A=b program argument > file`. */
export interface SimpleCommand {
  assignments: ShellWord[];
  words: ShellWord[];
  redirections: Redirection[];
}

const REDIRECTIONS = new Set([">", ">>", "<", "<>", ">|", ">&", "<&", "&>", "&>>"]);

/** Reads a simple command; undefined for anything else: lists, pipelines, subshells, here-documents. */
export function simpleCommand(text: string): SimpleCommand | undefined {
  const tokens = shellTokens(text);
  return tokens && readSimple(tokens);
}

function readSimple(tokens: readonly ShellToken[]): SimpleCommand | undefined {
  const command: SimpleCommand = { assignments: [], words: [], redirections: [] };
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as ShellToken;
    if (token.kind === "word") {
      const next = tokens[index + 1];
      if (isDescriptor(token, next)) continue;
      (command.words.length === 0 && isAssignment(token) ? command.assignments : command.words).push(token);
      continue;
    }
    const target = tokens[index + 1];
    if (!REDIRECTIONS.has(token.text) || target?.kind !== "word") return undefined;
    const before = tokens[index - 1];
    const fd = isDescriptor(before, token) ? (before as ShellWord) : undefined;
    command.redirections.push({
      fd: fd?.text ?? "",
      operator: token.text,
      target,
      start: fd?.start ?? token.start,
      end: target.end,
    });
    index += 1;
  }
  return command.words.length === 0 ? undefined : command;
}

/** Digits that touch the redirection behind them name its descriptor. */
function isDescriptor(token: ShellToken | undefined, next: ShellToken | undefined): boolean {
  return (
    token?.kind === "word" && /^\d+$/.test(token.text) && next?.kind === "operator" && next.start === token.end && /^[<>]/.test(next.text)
  );
}

function isAssignment({ text }: ShellWord): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*=/.test(text);
}
