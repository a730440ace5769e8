import { runCli } from "./cli.ts";
import { isJobctlError } from "./errors.ts";
import { EXIT } from "./exit-codes.ts";
import { processContext } from "./system/process-context.ts";

declare const PROGRAM_VERSION: string;

/**
 * The composition root of everything but the fast path of `run`. It ends by exit: all output is written synchronously, and
 * a connection to SQLite that closes would checkpoint, and unlink the log of a history that was replaced meanwhile.
 */
export async function main(): Promise<void> {
  const context = processContext(PROGRAM_VERSION);
  try {
    process.exit(await runCli(process.argv.slice(2), context));
  } catch (error) {
    process.exit(reportError(error, context));
  }
}

/** Tells a person what went wrong and returns the exit code: a sentence for what jobctl knows, a stack for a bug. */
export function reportError(error: unknown, { stderr, programVersion }: ReturnType<typeof processContext>): number {
  if (isJobctlError(error)) {
    stderr.write(`jobctl: ${error.message}\n`);
    return EXIT[error.code];
  }
  const stack = error instanceof Error ? error.stack : String(error);
  stderr.write(
    `jobctl ${programVersion}: this is a bug in jobctl, please report it with these lines (Node ${process.version}):\n${stack}\n`,
  );
  return EXIT.bug;
}
