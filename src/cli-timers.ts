import { type Command, Option } from "commander";
import type { ActionMaker, CommandMaker } from "./cli-parts.ts";
import { TARGET_KINDS } from "./timer-target.ts";

/** The commands that make cron or systemd call jobctl. */
export function addTimerCommands({ command, act }: { command: CommandMaker; act: ActionMaker }): void {
  const changing = (usage: string, description: string, examples: string[]): Command =>
    command(usage, description, examples)
      .addOption(
        new Option("--target <target>", "what pulls the trigger (auto: systemd where it runs, else crontab)")
          .choices(["auto", ...TARGET_KINDS])
          .default("auto"),
      )
      .option("--user", "timers of your own (the default, but for root)", false)
      .option("--system", "the system's timers (the default for root)", false)
      .option("--dry-run", "show what would be changed, change nothing", false)
      .option("--exit-code", "with --dry-run: end with 2 when something would be changed", false)
      .option("--force", "replace what was changed by hand", false)
      .option("--json", "one object", false);

  changing("install-timers", "Make systemd or cron call jobctl run for every job that has a schedule", [
    "jobctl install-timers --dry-run",
    "sudo jobctl install-timers --target systemd",
    "jobctl install-timers --undo",
  ])
    .option("--output <dir>", "only write the files there")
    .option("--no-enable", "put the units in their place, but neither enable nor start them")
    .option("--undo", "put back what the last install replaced", false)
    .action(act(async () => (await import("./commands/install-timers.ts")).installTimers));

  changing("uninstall-timers", "Remove every timer of this manifest", [
    "jobctl uninstall-timers --dry-run",
    "sudo jobctl uninstall-timers",
  ]).action(act(async () => (await import("./commands/uninstall-timers.ts")).uninstallTimers));

  command("timers", "Show the installed timers: whether they are as they should be, and when they go off", [
    "jobctl timers",
    "jobctl timers --json",
  ])
    .option("--user", "timers of your own (the default, but for root)", false)
    .option("--system", "the system's timers (the default for root)", false)
    .option("--json", "an array of objects", false)
    .action(act(async () => (await import("./commands/timers.ts")).timers));

  command("doctor", "Show what jobctl has around it: manifest, systemd, cron, editions of the time zones", [
    "jobctl doctor",
    "jobctl doctor --json",
  ])
    .option("--json", "one object", false)
    .action(act(async () => (await import("./commands/doctor.ts")).doctor));
}
