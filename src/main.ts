import { ALREADY_TOLD, runCli } from "./cli.ts";
import type { CommandContext, Output } from "./context.ts";
import { errnoCode, isJobctlError } from "./errors.ts";
import { EXIT } from "./exit-codes.ts";
import { processContext } from "./system/process-context.ts";
import { sourcePlaces } from "./system/source-places.ts";

declare const PROGRAM_VERSION: string;

/**
 * The composition root of everything but the fast path of `run`. It ends by exit: all output is written synchronously, and
 * a connection to SQLite that closes would checkpoint, and unlink the log of a history that was replaced meanwhile.
 */
export async function main(): Promise<void> {
  const context = processContext(PROGRAM_VERSION);
  const argv = process.argv.slice(2);
  const stdout = noting(context.stdout);
  try {
    const exitCode = await runCli(argv, { ...context, stdout });
    if (asksForJson(argv) && !stdout.isWritten) stdout.write(endDocument(exitCode));
    process.exit(isLost(context) && !RUNNING.has(argv[0] ?? "") ? exitCode || EXIT.failed : exitCode);
  } catch (error) {
    const exitCode = reportError(error, context);
    if (asksForJson(argv) && !stdout.isWritten) stdout.write(endDocument(exitCode, error));
    process.exit(exitCode);
  }
}

/** Their exit code is the job's, whoever can't read about it. */
const RUNNING: ReadonlySet<string> = new Set(["run", "rerun", "backfill", "wait"]);

/** Was some of what was to be read not written, though somebody is there to read it? */
function isLost({ stdout: { problem }, stderr }: CommandContext): boolean {
  if (problem === undefined || errnoCode(problem) === "EPIPE") return false;
  stderr.write(`jobctl: stdout can't be written: ${problem instanceof Error ? problem.message : String(problem)}\n`);
  return true;
}

/** The same output, which remembers whether anything was written. */
function noting(output: Output): Output & { readonly isWritten: boolean } {
  let isWritten = false;
  const write = (text: string): void => {
    isWritten = true;
    output.write(text);
  };
  return Object.create(output, { write: { value: write }, isWritten: { get: () => isWritten } }) as Output & { isWritten: boolean };
}

function asksForJson(argv: readonly string[]): boolean {
  const options = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  if (["-h", "--help", "-V", "--version"].some((option) => options.includes(option))) return false;
  return options.includes("--json") || options.includes("--ndjson");
}

/**
 * What `--json` prints where a command can't go on, and where it has nothing to tell (a run that is not due): the fields of a run's
 * document that say why. On one line, as --ndjson has it.
 */
function endDocument(exitCode: number, error?: unknown): string {
  const reason = error === undefined ? null : isJobctlError(error) ? error.code : "bug";
  return `${JSON.stringify({ exitCode, reason, error: error === undefined ? null : error instanceof Error ? error.message : String(error) })}\n`;
}

/** Tells a person what went wrong and returns the exit code: a sentence for what jobctl knows, a stack for a bug. */
export function reportError(error: unknown, { stderr, programVersion }: CommandContext): number {
  if (isJobctlError(error)) {
    if (error.cause !== ALREADY_TOLD) stderr.write(`jobctl: ${error.message}\n`);
    return EXIT[error.code];
  }
  const stack = error instanceof Error ? sourcePlaces(error.stack ?? error.message) : String(error);
  stderr.write(
    `jobctl ${programVersion}: this is a bug in jobctl, please report it with these lines (Node ${process.version}):\n${stack}\n`,
  );
  return EXIT.bug;
}
