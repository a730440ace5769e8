import { readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { errnoCode, JobctlError } from "../errors.ts";
import { reasonOf } from "../system/trusted-file.ts";
import { type Inputs, stateOf } from "./compiled-copy.ts";
import type { Json } from "../job.ts";
import type { Path } from "./problem.ts";
import { readSource, type Source } from "./read-source.ts";

export interface Sources {
  main: Source;
  included: Source[];
  /** Everything that was looked at, as it was right before that. */
  inputs: Inputs;
  /** Include patterns that can't be followed, and where they stand. */
  unusable: { path: Path; message: string }[];
}

/** Reads the manifest and what its `include` names, in the order of the patterns and then of the file names. */
export function readSources(path: string, uid: number): Sources {
  const inputs: Inputs = { [path]: stateOf(path) };
  const main = readSource(path, uid);
  const sources: Sources = { main, included: [], inputs, unusable: [] };
  for (const [index, pattern] of includePatterns(main).entries()) {
    try {
      for (const file of matchingFiles(resolve(dirname(path), pattern), inputs)) {
        if (Object.hasOwn(inputs, file)) continue;
        inputs[file] = stateOf(file);
        sources.included.push(readSource(file, uid));
      }
    } catch (error) {
      if (!(error instanceof JobctlError)) throw error;
      sources.unusable.push({ path: isList(main) ? ["include", index] : ["include"], message: error.message });
    }
  }
  return sources;
}

function includePatterns(main: Source): string[] {
  const include = includeOf(main);
  return (Array.isArray(include) ? include : [include]).filter((pattern) => typeof pattern === "string");
}

function isList(main: Source): boolean {
  return Array.isArray(includeOf(main));
}

function includeOf({ value }: Source): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value["include"] : undefined;
}

/** A plain path must exist; `*` and `?` in the file's name match what is there, but for hidden files. */
function matchingFiles(pattern: string, inputs: Inputs): string[] {
  const folder = dirname(pattern);
  if (/[*?[{]/.test(folder))
    throw new JobctlError("config", `${JSON.stringify(pattern)} has a wildcard in a folder's name; allowed are * and ? in the file's name`);
  if (!/[*?]/.test(basename(pattern))) return [pattern];
  inputs[folder] = stateOf(folder);
  const name = patternOf(basename(pattern));
  return listFolder(folder)
    .filter((file) => name.test(file) && !file.startsWith("."))
    .toSorted()
    .map((file) => join(folder, file));
}

function patternOf(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return [];
    throw new JobctlError("config", `${folder}: cannot be read: ${reasonOf(error)}`, error);
  }
}
