import { type Command, Option } from "commander";
import type { ActionMaker, CommandMaker } from "./cli-parts.ts";

/** The commands that make manifest entries of what pulls the trigger today. */
export function addImportCommands({ command, act, program }: { command: CommandMaker; act: ActionMaker; program: Command }): void {
  const from = command("import", "Write manifest entries for what cron or systemd runs today", [
    "jobctl import crontab > jobctl.yaml",
    "jobctl import systemd backup.timer",
  ]);
  const source = (usage: string, description: string, examples: string[]): Command =>
    from
      .command(usage)
      .description(description)
      .addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}`).join("\n")}`)
      .copyInheritedSettings(program)
      .option("--output <file>", "write a new file instead of to stdout")
      .option("--timezone <zone>", "the zone of the host that it runs on (default: this host's)")
      .option("--json", "one object: {timezone, jobs, leftOut, notes}", false);

  source(
    "crontab [file]",
    "Entries for the lines of a crontab: your own (crontab -l), a file's, or - for stdin.\nWhat is different from now on, or can't be carried over, is said in comments.",
    [
      "jobctl import crontab > jobctl.yaml",
      "jobctl import crontab /etc/cron.d/backup --output backup.yaml",
      "ssh web1 crontab -l | jobctl import crontab - --timezone Europe/Berlin",
    ],
  )
    .addOption(
      new Option("--form <form>", "user: five fields and a command; system: with a user between them (default: by the path)").choices([
        "user",
        "system",
      ]),
    )
    .addOption(
      new Option("--dialect <cron>", "whose table it is: they differ in CRON_TZ, RANDOM_DELAY and backslashes")
        .choices(["debian", "cronie"])
        .default("debian"),
    )
    .option("--user <name>", "whose table a file is, for its home folder (default: for crontab -l, you)")
    .action(
      act(
        async () => (await import("./commands/import-crontab.ts")).importCrontab,
        ([file]) => ({ file }),
      ),
    );

  source(
    "systemd [units...]",
    "Entries for timers and their services: those named, by unit name or by path;\nwithout a name all that did not come with a package.",
    [
      "jobctl import systemd --output jobctl.yaml",
      "jobctl import systemd backup.timer certbot",
      "jobctl import systemd ./units/backup.timer --json",
    ],
  )
    .option("--user", "units of your own manager (systemctl --user)", false)
    .action(
      act(
        async () => (await import("./commands/import-systemd.ts")).importSystemd,
        (args) => ({ units: args[0] as unknown as string[] }),
      ),
    );
}
