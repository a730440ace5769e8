import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, type Node, parseDocument, stringify, type YAMLMap } from "yaml";
import { JobctlError } from "../errors.ts";
import type { Json } from "../job.ts";
import { parseSource } from "./read-source.ts";

/**
 * A manifest's text with one more job at the end of `jobs:`. Everything else stays byte for byte where `jobs:` is a plain
 * block; else at least the comments do. Throws JobctlError("config") where the rest would not mean the same afterwards.
 */
export function addJob(text: string, name: string, entry: Record<string, Json>): string {
  const before = valueOf(text);
  const expected = { ...before, jobs: { ...(before["jobs"] as Record<string, Json> | null | undefined), [name]: entry } };
  const document = parseDocument(text);
  const added = [insertLines, editDocument].map((edit) => edit(document, text, { [name]: entry }));
  const right = added.find((candidate) => candidate !== undefined && isDeepStrictEqual(valueOf(candidate), expected));
  if (right !== undefined) return right;
  throw new JobctlError("config", `the manifest can't be edited without changing more than jobs.${name}; add it by hand`);
}

/** Puts the job's lines behind the last job's. */
function insertLines(document: Document.Parsed, text: string, entry: Record<string, Json>): string | undefined {
  const jobs = document.get("jobs", true);
  const last = isMap(jobs) && !jobs.flow ? jobs.items.at(-1) : undefined;
  const key = (last?.key as Node | undefined)?.range?.[0];
  const end = (last?.value as Node | undefined)?.range?.[1];
  if (key === undefined || end === undefined) return undefined;
  const indent = " ".repeat(key - (text.lastIndexOf("\n", key - 1) + 1));
  const lines = stringify(entry).replace(/^(?=.)/gm, indent);
  const head = text.slice(0, end).trimEnd();
  const rest = text.slice(head.length).replace(/^[ \t]*(?:#[^\n]*)?\r?\n?/, "");
  const tail = text.slice(head.length, text.length - rest.length).trimEnd();
  return `${head}${tail}\n${lines}${rest}`;
}

function editDocument(document: Document.Parsed, _text: string, entry: Record<string, Json>): string {
  const jobs = jobsOf(document);
  jobs.flow = false;
  for (const [name, fields] of Object.entries(entry)) jobs.set(document.createNode(name), document.createNode(fields));
  return document.toString({ lineWidth: 0 });
}

function jobsOf(document: Document.Parsed): YAMLMap {
  const jobs = document.get("jobs", true);
  if (isMap(jobs)) return jobs as YAMLMap;
  const empty = document.createNode({}) as unknown as YAMLMap;
  document.set("jobs", empty);
  return empty;
}

function valueOf(text: string): Record<string, Json> {
  return (parseSource(Buffer.from(text)).value ?? {}) as Record<string, Json>;
}
