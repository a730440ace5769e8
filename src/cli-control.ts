import { InvalidArgumentError, Option } from "commander";
import { type ActionMaker, type CommandMaker, duration, wholeNumber } from "./cli-parts.ts";
import { ON_RESUMES } from "./run.ts";

/** The commands that act on what runs, ran or is to run. */
export function addControlCommands({ command, act }: { command: CommandMaker; act: ActionMaker }): void {
  command("cancel <run>", "End what runs: all runs of a job, or one by its number", [
    "jobctl cancel nightly-dump --reason 'the disk is full'",
    "jobctl cancel 4812 --json",
  ])
    .option("--reason <text>", "why, for the record")
    .option("--timeout <duration>", "how long to wait for the end (default: twice the job's killAfter and 10 s)", duration)
    .option("--json", "{runs: [...]}, each with its end", false)
    .action(
      act(
        async () => (await import("./commands/cancel.ts")).cancel,
        ([run]) => ({ run }),
      ),
    );

  command("pause [job]", "Keep a job, the jobs with a tag or all from running, until they are resumed", [
    "jobctl pause nightly-dump --until 2h --reason 'moving the disk'",
    "jobctl pause --tag reports --until 2026-12-01T06:00",
    "jobctl pause --all --on-resume once",
  ])
    .option("--tag <tag>", "all jobs with this tag", onlyOnce)
    .option("--all", "all jobs", false)
    .option("--until <when>", "end by itself: in 2h, or at a time (2026-12-01T06:00)")
    .option("--reason <text>", "why, for whoever looks")
    .addOption(
      new Option("--on-resume <what>", "of the slots that come meanwhile: run none (skip), or the newest (once)")
        .choices(ON_RESUMES)
        .default("skip"),
    )
    .option("--json", "one object", false)
    .action(
      act(
        async () => (await import("./commands/pause.ts")).pause,
        ([job]) => (job === undefined ? {} : { job }),
      ),
    );

  command("resume [job]", "End a pause", ["jobctl resume nightly-dump", "jobctl resume --tag reports", "jobctl resume --all"])
    .option("--tag <tag>", "the pause of this tag", onlyOnce)
    .option("--all", "the pause of all jobs together; those of a job or a tag stay", false)
    .option("--json", "one object", false)
    .action(
      act(
        async () => (await import("./commands/resume.ts")).resume,
        ([job]) => (job === undefined ? {} : { job }),
      ),
    );

  command("drain", "For deploys: let no run begin, and wait for those that have", [
    "jobctl drain --wait 10m --until 1h --reason 'deploy 1.4' && ./deploy.sh; jobctl drain --end",
    "jobctl drain --wait 0s --json",
  ])
    .addOption(
      new Option("--wait <duration>", "how long to wait; 75 when something still runs then").argParser(duration).default(600_000, "10m"),
    )
    .option("--until <when>", "end by itself: in 2h, or at a time")
    .option("--reason <text>", "why, for whoever looks")
    .option("--end", "let runs begin again", false)
    .option("--json", "one object", false)
    .action(act(async () => (await import("./commands/drain.ts")).drain));

  command("wait <run>", "Wait for the end of a run and end with its exit code; a job's name means its latest run", [
    "jobctl wait nightly-dump --timeout 1h",
    "jobctl wait 4812 --json",
  ])
    .option("--timeout <duration>", "75 when it still runs then", duration)
    .option("--json", "the run as one object", false)
    .action(
      act(
        async () => (await import("./commands/wait.ts")).wait,
        ([run]) => ({ run }),
      ),
    );

  command("rerun <id>", "Run a past run's job again, with its parameters and for the same slot", [
    "jobctl rerun 4812",
    "jobctl rerun 4812 --set batchSize=100 --verbose",
  ])
    .option("--set <key=value>", "another value for a parameter (repeatable)", collect, [])
    .option("--force", "run even when a gate says no (but not environment, permission and locks)", false)
    .option("--json", "one JSON document on stdout; the job's output goes to stderr", false)
    .option("--quiet", "print nothing but errors", false)
    .option("--verbose", "print the job's output, without a terminal too", false)
    .action(
      act(
        async () => (await import("./commands/rerun.ts")).rerun,
        ([run]) => ({ run }),
      ),
    );

  command("backfill <job>", "Run a job for its slots of the past, in order; again to go on where it stopped", [
    "jobctl backfill daily-report --from 2026-11-01 --to 2026-11-08 --dry-run",
    "jobctl backfill daily-report --from 7d --keep-going",
  ])
    .requiredOption("--from <when>", "the first slot at or after this: a time ago (7d) or a date")
    .option("--to <when>", "slots before this (default: now)")
    .option("--dry-run", "list the slots, run nothing", false)
    .option("--keep-going", "go on after a slot that does not succeed", false)
    .option("--limit <n>", "refuse more slots than this", wholeNumber, 1000)
    .option("--set <key=value>", "set a parameter of the job (repeatable)", collect, [])
    .option("--force", "run even when a gate says no (but not environment, permission and locks)", false)
    .option("--verbose", "print what the job prints", false)
    .option("--json", "one object", false)
    .action(
      act(
        async () => (await import("./commands/backfill.ts")).backfill,
        ([job]) => ({ job }),
      ),
    );

  command("graph [job]", "Show which jobs need which", ["jobctl graph", "jobctl graph daily-report", "jobctl graph --mermaid > jobs.mmd"])
    .option("--mermaid", "as a Mermaid flowchart", false)
    .option("--json", "an array of {name, enabled, needs, neededBy}", false)
    .action(
      act(
        async () => (await import("./commands/graph.ts")).graph,
        ([job]) => (job === undefined ? {} : { job }),
      ),
    );
}

const collect = (text: string, all: string[]): string[] => [...all, text];

/** The last of two would win in silence. */
function onlyOnce(text: string, before: string | undefined): string {
  if (before !== undefined) throw new InvalidArgumentError("It can be given once.");
  return text;
}
