import { readFileSync } from "node:fs";

/** A command of a document, with the output that the document shows under it. */
export interface ShownCommand {
  command: string;
  output: string;
  line: number;
}

/** A file that the document shows: written before the commands that follow. */
export interface ShownFile {
  path: string;
  text: string;
}

export type Shown = ShownCommand | ShownFile;

/**
 * What a Markdown document shows and promises to be true: ```console blocks, in which every line that begins with `$ ` is a
 * command and what follows is its output (```console once: only the first line), and blocks with a file name behind their language, such as ```yaml jobctl.yaml.
 */
export function readShown(document: string): Shown[] {
  const shown: Shown[] = [];
  for (const { info, text, line } of fencedBlocks(document)) {
    const [language, path] = info.split(" ");
    if (language === "console" && path === SYSTEMD) continue;
    if (language === "console") shown.push(...readCommands(text, line, path === "once"));
    else if (path) shown.push({ path, text });
  }
  return shown;
}

/** The commands of ```console systemd blocks: root's, on a host that runs systemd. */
export function readSystemdCommands(document: string): ShownCommand[] {
  return fencedBlocks(document).flatMap(({ info, text, line }) => (info === `console ${SYSTEMD}` ? readCommands(text, line, false) : []));
}

const SYSTEMD = "systemd";

export const isCommand = (shown: Shown): shown is ShownCommand => "command" in shown;

/** The rows of the first table whose head begins with this cell. */
export function readTable(document: string, head: string): string[][] {
  const lines = document.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`) || new RegExp(`^\\| ${head} +\\|`).test(line));
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The targets of the document's links to files of the repository, and its own headings as anchors. */
export function readLinks(document: string): string[] {
  return [...document.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target).filter((target) => !/^https?:/.test(target));
}

export function headingAnchors(document: string): string[] {
  return [...document.matchAll(/^#+ (.*)$/gm)].map(
    ([, text = ""]) =>
      `#${text
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-")}`,
  );
}

export const readDocument = (path: string): string => readFileSync(path, "utf8");

/** What differs from run to run, or between root and others, is made equal: instants, ages, durations, keys, process ids and the blanks that align columns. */
export function normalise(text: string): string {
  return text
    .replaceAll(/^So that the next commands find it:\n.*\n/gm, "")
    .replaceAll(/^(CPU time|memory) .*\n/gim, "")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<instant>")
    .replaceAll(/\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?/g, "<time>")
    .replaceAll(/\b\d+(\.\d+)? ?(ms|s|m|h|d)\b( \d\ds| ago)?/g, "<span>")
    .replaceAll(/\b[0-9a-z]{8}-[0-9a-f]{16}\b/g, "<key>")
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<boot>")
    .replaceAll(/\bmanifest [0-9a-f]{6,}/g, "manifest <digest>")
    .replaceAll(/"(durationMs|cpuMs|peakMemory)": (\d+|null)/g, '"$1": <n>')
    .replaceAll(/\bCPU, [\d.]+[KMG]?B\b/g, "CPU, <size>")
    .replaceAll(/\bpaused by [\w-]+/g, "paused by <user>")
    .replaceAll(/\b(\w+)@[\w.-]+, pid \d+/g, "<user>@<host>, pid <n>")
    .replaceAll(/\(a host whose clock is [\w/+-]+\)/g, "(a host whose clock is <zone>)")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/ $/gm, "")
    .trim();
}

/** The document with other outputs under its commands, where more than times and the like have changed. */
export function withOutputs(document: string, outputs: readonly string[]): string {
  const lines = document.split("\n");
  const commands = readShown(document).filter(isCommand);
  for (const [index, { output, line }] of [...commands.entries()].toReversed()) {
    const printed = (outputs[index] ?? "").trimEnd();
    const shown = output.split("\n").length - 1;
    if (normalise(output) !== normalise(printed)) lines.splice(line, shown, ...(printed === "" ? [] : printed.split("\n")));
  }
  return lines.join("\n");
}

interface Block {
  info: string;
  text: string;
  line: number;
}

function fencedBlocks(document: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  document.split("\n").forEach((text, index) => {
    if (open && text === "```") {
      blocks.push(open);
      open = undefined;
    } else if (open) open.text += `${text}\n`;
    else if (text.startsWith("```")) open = { info: text.slice(3), text: "", line: index + 2 };
  });
  return blocks;
}

function readCommands(text: string, firstLine: number, once: boolean): ShownCommand[] {
  const commands: ShownCommand[] = [];
  text
    .replace(/\n$/, "")
    .split("\n")
    .forEach((line, index) => {
      if (line.startsWith("$ ") && !(once && index > 0)) commands.push({ command: line.slice(2), output: "", line: firstLine + index });
      else if (commands.length > 0) commands[commands.length - 1]!.output += `${line}\n`;
    });
  return commands;
}
