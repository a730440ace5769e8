import { Argument, type Command, type Option } from "commander";
import type { ActionMaker, CommandMaker } from "./cli-parts.ts";
import type { KnownCommand, KnownOption } from "./commands/complete.ts";

const SHELLS = ["bash", "zsh", "fish"];

/** The script that a shell reads once, and the command that it then asks. They know the program's words from the program itself. */
export function addCompletionCommands(program: Command, { command, act }: { command: CommandMaker; act: ActionMaker }): void {
  command("completion", "Print what a shell needs to complete commands, options and job names", [
    "jobctl completion bash > /etc/bash_completion.d/jobctl",
    "jobctl completion zsh > ~/.zsh/_jobctl",
    "jobctl completion fish > ~/.config/fish/completions/jobctl.fish",
  ])
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .action(
      act(
        async () => (await import("./commands/completion.ts")).completion,
        ([shell]) => ({ shell }),
      ),
    );

  program
    .command(ASKED, { hidden: true })
    .copyInheritedSettings(program)
    .argument("[words...]")
    .action(
      act(
        async () => (await import("./commands/complete.ts")).complete,
        ([words]) => ({ words, ...knownWords(program) }),
      ),
    );
}

const ASKED = "complete";

function knownWords(program: Command): { commands: KnownCommand[]; globals: KnownOption[] } {
  const known = program.commands.filter((each) => each.name() !== ASKED);
  const names = known.map((each) => each.name());
  const commands = known.map((each) => ({
    name: each.name(),
    options: each.options.map(knownOption),
    arguments: [
      ...(each.commands.length > 0 ? [each.commands.map((part) => part.name())] : []),
      ...each.registeredArguments.map((argument) => argument.argChoices ?? argument.name()),
    ],
  }));
  const help = { flags: ["--help"], takesValue: false, choices: [] };
  return {
    commands: [...commands, { name: "help", options: [], arguments: [names] }],
    globals: [...program.options.map(knownOption), help],
  };
}

function knownOption({ long, short, argChoices, required, optional }: Option): KnownOption {
  return { flags: [long, short].filter((flag) => flag !== undefined), takesValue: required || optional, choices: argChoices ?? [] };
}
