import { run } from "./commands/run.ts";
import type { RunOptions } from "./context.ts";
import { TRIGGERS, type Trigger } from "./run.ts";
import { processContext } from "./system/process-context.ts";

declare const PROGRAM_VERSION: string;

/**
 * The fast path: takes exactly what the generated timers and most people type, `run [--trigger T] [--manifest F] [--state-dir D] JOB`,
 * and leaves every other command line to commander. Returns whether it took it.
 */
export function fastRun(argv: readonly string[]): boolean {
  const options = parse(argv);
  if (options === undefined) return false;
  const context = processContext(PROGRAM_VERSION);
  run(options, context).then(
    (exitCode) => process.exit(exitCode),
    async (error: unknown) => {
      const { reportError } = await import("./main.ts");
      process.exit(reportError(error, context));
    },
  );
  return true;
}

function parse(argv: readonly string[]): RunOptions | undefined {
  const options: Omit<RunOptions, "job"> = {
    set: [],
    force: false,
    dryRun: false,
    trigger: "manual",
    json: false,
    quiet: false,
    verbose: false,
  };
  let job: string | undefined;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (!word.startsWith("-")) {
      if (job !== undefined) return undefined;
      job = word;
      continue;
    }
    const value = argv[++index];
    if (value === undefined || value.startsWith("-")) return undefined;
    if (word === "--trigger" && (TRIGGERS as readonly string[]).includes(value)) options.trigger = value as Trigger;
    else if (word === "--manifest") options.manifest = value;
    else if (word === "--state-dir") options.stateDir = value;
    else return undefined;
  }
  return job === undefined ? undefined : { ...options, job };
}
