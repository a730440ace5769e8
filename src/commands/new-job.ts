import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { CATEGORIES } from "../job.ts";
import { addJob } from "../manifest/add-job.ts";
import { findManifest } from "../manifest/find-manifest.ts";
import { jobFiles } from "../manifest/job-files.ts";
import { loadManifest } from "../manifest/load-manifest.ts";
import { JOB_NAME } from "../manifest/schema.ts";
import { didYouMean } from "../nearest.ts";
import { findsPackage, packageOf } from "../system/node-package.ts";
import { createFile, removeFiles, replaceText } from "../system/new-files.ts";
import { manifestOptions } from "./manifest-options.ts";

export interface NewJobOptions extends GlobalOptions {
  job: string;
  javascript: boolean;
  category: string;
}

/** All three or nothing: the manifest is written last, and what was made before is taken back where that fails. */
export async function newJob(options: NewJobOptions, context: CommandContext): Promise<number> {
  const { job, category } = options;
  checkNames(options);
  const search = { ...manifestOptions(options, context), cacheDir: undefined };
  const path = findManifest(search);
  const manifest = loadManifest(path, search);
  if (Object.hasOwn(manifest.jobs, job)) throw new JobctlError("usage", `job "${job}" exists already (${manifest.jobs[job]?.base.place})`);

  const folder = join(dirname(path), category);
  const extension = extensionFor(folder, options);
  const module = join(folder, `${job}.${extension}`);
  const test = join(folder, `${job}.test.${extension}`);
  const files = jobFiles(job, `${job}.${extension}`);
  const edited = addJob(readFileSync(path, "utf8"), job, {
    description: sentenceOf(job),
    category,
    uses: `./${category}/${job}`,
    with: { olderThan: "30d" },
  });
  createAll([
    { path: module, write: (file) => createFile(file, files.module) },
    { path: test, write: (file) => createFile(file, files.test) },
    { path, write: (file) => replaceText(file, edited) },
  ]);
  const shown = [module, test, path].map((file) => relative(context.cwd, file));
  const next = [
    `jobctl run ${job} --dry-run`,
    ...installation(folder, context),
    `node --test ${shown[1]}`,
    `give it a schedule: in ${shown[2]}; without one it runs by hand only`,
  ];
  context.stdout.write(`wrote ${shown[0]}\nwrote ${shown[1]}\nadded ${job} to ${shown[2]}\nnext: ${next.join("\n      ")}\n`);
  return EXIT.ok;
}

/** `import` in a `.ts` is an error where package.json says CommonJS, as that of `npm init` does; in a `.mts` it never is. */
function extensionFor(folder: string, { javascript }: NewJobOptions): string {
  if (javascript) return "mjs";
  return packageOf(folder)?.type === "commonjs" ? "mts" : "ts";
}

/** A run knows jobctl wherever it is installed; a test and an editor look for it as Node does. */
function installation(folder: string, { packageRoot }: CommandContext): string[] {
  const found = folder.startsWith(packageRoot) || findsPackage(folder, "jobctl");
  return found ? [] : [`npm install ${packageRoot}   (so that the test and your editor find jobctl)`];
}

/** `purge-carts` → `Purge carts`: a beginning for who writes the description. */
function sentenceOf(job: string): string {
  const words = job.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function checkNames({ job, category }: NewJobOptions): void {
  if (!JOB_NAME.test(job)) {
    throw new JobctlError(
      "usage",
      `"${job}" can't be a job's name: allowed are small letters, digits and hyphens, up to 64, not beginning with a hyphen`,
    );
  }
  if (!(CATEGORIES as readonly string[]).includes(category)) {
    throw new JobctlError(
      "usage",
      `unknown category "${category}": allowed are ${CATEGORIES.join(", ")}${didYouMean(category, CATEGORIES)}`,
    );
  }
}

interface Step {
  path: string;
  write(path: string): void;
}

function createAll(steps: readonly Step[]): void {
  const made: string[] = [];
  for (const { path, write } of steps) {
    try {
      write(path);
      made.push(path);
    } catch (error) {
      removeFiles(made);
      throw error;
    }
  }
}
