import { Document, isCollection, isMap, type Scalar, visit, YAMLMap } from "yaml";
import type { Json } from "../job.ts";

interface ImportedEntry {
  name: string;
  entry: Record<string, Json>;
  origin: { place: string; text: string };
  notes: readonly string[];
  problems: readonly string[];
}

export interface ImportPage {
  timezone: string;
  jobs: readonly ImportedEntry[];
  leftOut: readonly { origin: { place: string; text: string }; reason: string }[];
  notes: readonly string[];
}

const WIDTH = 118;

/** A whole manifest; where each entry comes from and what is different is said in comments above it. */
export function renderImport({ timezone, jobs, leftOut, notes }: ImportPage, source: string): string {
  const head = comment([`Imported from ${source} by jobctl import. Read the remarks, then: jobctl validate, jobctl next.`, ...notes], "");
  const left = leftOut.flatMap(({ origin, reason }) => [`Left out: ${origin.place}: ${reason}`, ...quoted(origin.text)]);
  const body = jobs.length === 0 ? "jobs: {}\n" : `jobs:\n${jobs.map(entryText).join("\n")}`;
  return `${head}version: 1\ntimezone: ${timezone}\n\n${body}${left.length === 0 ? "" : `\n${comment(left, "")}`}`;
}

function entryText({ name, entry, origin, notes, problems }: ImportedEntry): string {
  const remarks = [
    `From ${origin.place}`,
    ...quoted(origin.text),
    ...problems.map((text) => `NOT CARRIED OVER: ${text}`),
    ...notes.map((text) => `Note: ${text}`),
  ];
  return `${comment(remarks, "  ")}${yamlOf({ [name]: entry }).replaceAll(/^(?=.)/gm, "  ")}`;
}

/** Lists and small maps on one line, as people write them. */
function yamlOf(value: Record<string, Json>): string {
  const document = new Document(value);
  visit(document, (_key, node, path) => {
    if (isCollection(node) && path.length > 3 && isFlat(node) && String(JSON.stringify(node)).length < 110) node.flow = true;
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function isFlat(node: object): boolean {
  if (!isCollection(node)) return false;
  const values = isMap(node) ? (node as YAMLMap).items.map((item) => item.value) : node.items;
  return values.every((value) => !isCollection(value) && !String((value as Scalar).value).includes("\n"));
}

function quoted(text: string): string[] {
  return text.split("\n").map((line) => `    ${line}`);
}

/** Lines behind `#`, the long ones folded; what a file of somebody else says can't end the comment. */
function comment(lines: readonly string[], indent: string): string {
  return lines
    .flatMap((line) => (line.startsWith("    ") ? [line] : folded(line)))
    .map((line) => `${indent}# ${line.replaceAll(/\p{Cc}/gu, " ").trimEnd()}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}

function folded(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.replaceAll(/\s+/g, " ").trim().split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : `  ${word}`);
  }
  return lines;
}
