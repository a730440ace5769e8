import { Command, CommanderError, Option } from "commander";
import { addCompletionCommands } from "./cli-completion.ts";
import { addControlCommands } from "./cli-control.ts";
import { addHistoryCommands } from "./cli-history.ts";
import { addTimerCommands } from "./cli-timers.ts";
import { addImportCommands } from "./cli-import.ts";
import {
  type ActionMaker,
  type CommandLoader,
  type CommandMaker,
  describeOption,
  positiveNumber,
  unknownCommand,
  wholeNumber,
} from "./cli-parts.ts";
import type { CommandContext, GlobalOptions } from "./context.ts";
import { JobctlError } from "./errors.ts";
import { EXIT } from "./exit-codes.ts";
import { CATEGORIES } from "./job.ts";
import { TRIGGERS } from "./run.ts";

/**
 * The names, flags and help of every command. A command's own file is loaded only when it is called.
 * Resolves with the exit code; throws JobctlError where jobctl can't go on.
 */
export async function runCli(argv: readonly string[], context: CommandContext): Promise<number> {
  let exitCode: number = EXIT.ok;
  const finish = (code: number): void => {
    exitCode = code;
  };
  const alone = createProgram(context, finish, argv[0]);
  const program = alone.commands.some((each) => each.name() === argv[0]) ? alone : createProgram(context, finish);
  try {
    await program.parseAsync(unknownCommand(argv, program) ?? argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.ok;
    // It is told already, with a hint.
    throw new JobctlError("usage", error.message.replace(/^error: /, ""), ALREADY_TOLD);
  }
}

/** Stands for a command that is not made: takes whatever commands are told. */
const UNUSED: Command = new Proxy((): unknown => UNUSED, { get: () => UNUSED }) as unknown as Command;

/** The cause of an error that stands on stderr already. */
export const ALREADY_TOLD = "already told";

/** The program with all its commands, or with one alone: to make them all is a twentieth of a start, which a call of one need not pay. */
function createProgram(context: CommandContext, finish: (exitCode: number) => void, only?: string): Command {
  const program = new Command("jobctl")
    .description(
      "Runs scheduled jobs once, with a kernel lock, a history and a meaningful exit code.\ncron or systemd pulls the trigger; there is no daemon.",
    )
    .version(context.programVersion, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "Show the help of a command")
    .configureHelp({ showGlobalOptions: true, optionDescription: describeOption })
    .option("--manifest <file>", "the manifest (default: $JOBCTL_MANIFEST, ./jobctl.yaml, ./jobs/manifest.yaml, ...)")
    .option("--state-dir <dir>", "where history, logs and locks are kept (default: the manifest's stateDir)")
    .showHelpAfterError("(jobctl --help shows what there is)")
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "jobctl: ")),
      getOutHelpWidth: () => context.stdout.columns ?? 80,
      getErrHelpWidth: () => context.stderr.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();

  const command: CommandMaker = (usage, description, examples) => {
    const name = usage.split(" ", 1)[0] ?? usage;
    if (only !== undefined && name !== only) return UNUSED;
    return program
      .command(usage)
      .description(description)
      .addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}`).join("\n")}`)
      .copyInheritedSettings(program)
      .showHelpAfterError(`(jobctl ${name} --help shows what there is)`)
      .name(name);
  };
  /** Calls a command's function with its options, arguments and the global options merged. */
  const act: ActionMaker =
    <Options extends GlobalOptions>(load: CommandLoader<Options>, named: (args: string[]) => object = () => ({})) =>
    async (...received) => {
      const self = received.at(-1) as Command;
      const options = { ...self.optsWithGlobals(), ...named(self.processedArgs as string[]) } as Options;
      finish(await (await load())(options, context));
    };

  command("init", "Write a commented starter manifest", ["jobctl init", "jobctl init --output /etc/jobctl/jobctl.yaml"])
    .option("--output <file>", "where to write it", "jobctl.yaml")
    .action(act(async () => (await import("./commands/init.ts")).init));

  command("new <job>", "Write a module job, its test and its manifest entry", [
    "jobctl new purge-carts",
    "jobctl new purge-carts --javascript",
  ])
    .option("--javascript", "plain JavaScript instead of TypeScript", false)
    .option("--category <category>", "its folder and category", "maintenance")
    .action(
      act(
        async () => (await import("./commands/new-job.ts")).newJob,
        ([job]) => ({ job }),
      ),
    );

  command("validate", "Check the manifest and every module it uses; report all problems at once", [
    "jobctl validate",
    "jobctl validate --manifest jobs/manifest.yaml --json",
  ])
    .option("--json", "problems as JSON", false)
    .option("--schema", "print the manifest's JSON Schema", false)
    .action(act(async () => (await import("./commands/validate.ts")).validate));

  command("list", "List the jobs", ["jobctl list", "jobctl list --tag nightly --json"])
    .addOption(new Option("--category <category>", "only jobs of this category").choices(CATEGORIES))
    .option("--tag <tag>", "only jobs with this tag")
    .option("--json", "an array of objects", false)
    .action(act(async () => (await import("./commands/list.ts")).list));

  const runOrDue = act(
    async () => (await import("./commands/run.ts")).runOrDescribe,
    ([job]) => ({ job }),
  );
  command("run [job]", "Run a job once, now", [
    "jobctl run token-cleanup",
    "jobctl run token-cleanup --help",
    "jobctl run token-cleanup --set olderThan=7d --dry-run",
  ])
    .helpOption(false)
    .option("-h, --help", "with a job: its description, schedule, limits and parameters; without one this help")
    .option("--set <key=value>", "set a parameter of the job (repeatable)", (text: string, all: string[]) => [...all, text], [])
    .option("--force", "run even when a gate says no (but not environment, permission and locks)", false)
    .option("--dry-run", "show what would be done, change nothing", false)
    .option("--scheduled-for <instant>", "the occurrence that this run is for (ISO 8601)")
    .option(
      "--org <id>",
      "only this organization, where a job runs for each (repeatable)",
      (text: string, all: string[]) => [...all, text],
      [],
    )
    .addOption(new Option("--trigger <trigger>", "who calls").choices(TRIGGERS).default("manual"))
    .option("--due", "instead of one job: every job that missed a slot while the machine was off", false)
    .option("--json", "one JSON document on stdout; the job's output goes to stderr", false)
    .option("--quiet", "print nothing but errors", false)
    .option("--verbose", "print the job's output, without a terminal too", false)
    .action((job: string | undefined, options: { help?: true }, self: Command) => {
      if (job === undefined && options.help) return self.outputHelp();
      return runOrDue(job, options, self);
    });

  addHistoryCommands({ command, act });

  command("next [job]", "Print when jobs run next: one job's next runs, or each job's next one", [
    "jobctl next",
    "jobctl next token-cleanup --count 3",
    "jobctl next --from 2027-03-27 --count 2 --json",
  ])
    .option("--count <n>", "how many runs of each job (default: 10 of one job, 1 of each of all)", positiveNumber)
    .option("--from <when>", "runs after this time (2026-12-01, 2026-12-01T03:00) instead of after now")
    .option("--json", "an array of {job, at}, at in UTC", false)
    .action(
      act(
        async () => (await import("./commands/next.ts")).next,
        ([job]) => ({ job }),
      ),
    );

  command("schedule <expression>", "Explain a schedule: in words, its next runs, for crontab and for systemd", [
    "jobctl schedule '0 3 * * 0'",
    "jobctl schedule '30 2 L * *' --timezone Europe/Berlin",
    "jobctl schedule 'every 90m' --json",
  ])
    .option("--timezone <zone>", "an IANA name (default: $CRON_TIMEZONE, else UTC)")
    .option("--job <name>", "the job whose name H is made from")
    .option("--json", "one object", false)
    .action(
      act(
        async () => (await import("./commands/schedule.ts")).schedule,
        ([expression]) => ({ expression }),
      ),
    );

  addControlCommands({ command, act });
  addImportCommands({ command, act, program });

  addTimerCommands({ command, act });

  command("demo", "Make a small application database, run token-cleanup on it and show what happened", [
    "jobctl demo",
    "jobctl demo --users 10000",
  ])
    .option("--users <n>", "how many users the database gets", wholeNumber, 1000)
    .option("--directory <dir>", "where it is made", ".")
    .action(act(async () => (await import("./commands/demo.ts")).demo));

  if (only === undefined || only === "completion") addCompletionCommands(program, { command, act });
  return program;
}
