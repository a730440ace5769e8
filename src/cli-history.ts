import { type ActionMaker, type CommandMaker, list, positiveNumber } from "./cli-parts.ts";
import { RUN_STATUSES } from "./run.ts";

/** The commands that tell how the jobs stand, what ran and what it printed. */
export function addHistoryCommands({ command, act }: { command: CommandMaker; act: ActionMaker }): void {
  command("status [job]", "Show how the jobs stand: last run, next run, what runs now, what was missed", [
    "jobctl status",
    "jobctl status token-cleanup",
    "jobctl status --json | jq '.[] | select(.last.status == \"failed\").job'",
    "jobctl status --locks",
  ])
    .option("--locks", "who holds which lock, since when, and what a killed run left behind", false)
    .option("--json", "an array of objects", false)
    .action(
      act(
        async () => (await import("./commands/status.ts")).status,
        ([job]) => ({ job }),
      ),
    );

  command("history [job]", "List past runs, newest first", ["jobctl history --failed", "jobctl history token-cleanup --since 7d --json"])
    .option("--org <id>", "the runs for this organization, each a part of another run")
    .option("--failed", "only runs that need a look: failed, timed out, crashed, not started", false)
    .option("--status <status,...>", "only these", list(RUN_STATUSES))
    .option("--since <when>", "a time ago (2h, 7d) or a date")
    .option("--until <when>", "a time ago or a date")
    .option("--limit <n>", "how many", positiveNumber, 20)
    .option("--json", "an array of objects", false)
    .option("--ndjson", "one object per line", false)
    .action(
      act(
        async () => (await import("./commands/history.ts")).history,
        ([job]) => ({ job }),
      ),
    );

  command("show <id>", "Show everything known of a run", ["jobctl show 4812", "jobctl show 4812 --json"])
    .option("--json", "one object", false)
    .action(
      act(
        async () => (await import("./commands/show.ts")).show,
        ([run]) => ({ run }),
      ),
    );

  command("logs <run>", "Print what a run printed; a job's name means its latest run", [
    "jobctl logs token-cleanup",
    "jobctl logs 4812 --stderr",
    "jobctl logs -f nightly-dump",
  ])
    .option("-f, --follow", "go on to the end of a run that still runs", false)
    .option("--stderr", "only what went to stderr", false)
    .option("--timestamps", "with the time of each line", false)
    .action(
      act(
        async () => (await import("./commands/logs.ts")).logs,
        ([run]) => ({ run }),
      ),
    );
}
