import { isDeepStrictEqual } from "node:util";
import { Document, isMap, parseDocument, type YAMLMap } from "yaml";
import { JobctlError } from "../errors.ts";
import type { Json } from "../job.ts";
import { parseSource } from "./read-source.ts";

/**
 * A manifest's text with one more job at the end of `jobs:`; comments and the spelling of values stay. Throws
 * JobctlError("config") where the rest would not mean the same afterwards.
 */
export function addJob(text: string, name: string, entry: Record<string, Json>): string {
  const document = parseDocument(text, { keepSourceTokens: true });
  const jobs = jobsOf(document);
  jobs.flow = false;
  jobs.set(document.createNode(name), document.createNode(entry));
  const added = document.toString({ lineWidth: 0, flowCollectionPadding: true });
  const before = valueOf(text);
  const expected = { ...before, jobs: { ...(before["jobs"] as Record<string, Json> | null | undefined), [name]: entry } };
  if (isDeepStrictEqual(valueOf(added), expected)) return added;
  throw new JobctlError("config", `the manifest can't be edited without changing more than jobs.${name}; add it by hand`);
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
