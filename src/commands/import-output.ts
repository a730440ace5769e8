import { relative, resolve } from "node:path";
import type { CommandContext } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Import } from "../importing/imported.ts";
import { renderImport } from "../output/import-yaml.ts";
import { jsonDocument } from "../output/json.ts";
import { styleFor } from "../output/style.ts";
import { createFile } from "../system/new-files.ts";
import { readNamed, readToEnd, reasonOf } from "../system/trusted-file.ts";

export interface ImportTarget {
  output?: string;
  json: boolean;
}

/** What is to be imported; 0 is stdin. Throws JobctlError("usage") for what can't be read. */
export function readText(file: string | 0, name = String(file)): string {
  try {
    return (file === 0 ? readToEnd(file) : readNamed(file).bytes).toString("utf8");
  } catch (error) {
    throw new JobctlError("usage", `${name}: can't be read: ${reasonOf(error)}`, error);
  }
}

/** Writes what was imported to stdout, or to a file that must not exist yet, and says on stderr how it went. */
export async function writeImport(
  found: Import,
  source: string,
  { output, json }: ImportTarget,
  { cwd, stdout, stderr, env }: CommandContext,
): Promise<number> {
  const text = json ? jsonDocument(found) : renderImport(found, source);
  if (output === undefined) stdout.write(text);
  else createFile(resolve(cwd, output), text);
  const style = await styleFor(stderr, env);
  const problems = found.jobs.filter((job) => job.problems.length > 0);
  const lines = [
    `${style.bold(`${found.jobs.length} ${found.jobs.length === 1 ? "job" : "jobs"}`)} from ${source}${found.leftOut.length > 0 ? `, ${found.leftOut.length} left out` : ""}`,
    ...problems.map((job) => `${style.yellow("!")} ${job.name}: ${job.problems.join("; ")}`),
    ...(output === undefined
      ? []
      : [`wrote ${relative(cwd, resolve(cwd, output))}`, `next: jobctl validate --manifest ${relative(cwd, resolve(cwd, output))}`]),
  ];
  stderr.write(lines.map((line) => `${line}\n`).join(""));
  return EXIT.ok;
}
