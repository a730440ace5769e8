import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoCode, JobctlError } from "../errors.ts";
import { resolvePath } from "../resolve-path.ts";
import { assertTrusted, reasonOf } from "../system/trusted-file.ts";

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs", ".cjs"] as const;

export interface ModulePlace {
  /** Where relative paths start: the manifest's folder. */
  folder: string;
  /** The folder of jobctl's package.json. */
  packageRoot: string;
  /** Whether it is root that imports the module: then only one that root alone can change. */
  asRoot: boolean;
}

/**
 * The file that a job's `uses` names: a path (it begins with `.` or `/`; the extensions are tried), or the bare name of a
 * shipped job such as `cleanup/delete-rows`. Throws JobctlError (config) that says what was tried, or whom root can't trust.
 */
export function resolveModule(uses: string, { folder, packageRoot, asRoot }: ModulePlace): string {
  if (!["/", "./", "../"].some((start) => uses.startsWith(start))) return shippedModule(uses, join(packageRoot, "dist/job/jobs"));
  const file = ownModule(resolvePath(folder, uses));
  if (asRoot) assertTrusted(file, statSync(file));
  return file;
}

function ownModule(path: string): string {
  const tried = [path, ...EXTENSIONS.map((extension) => path + extension)];
  const file = tried.find(isFile);
  if (file) return file;
  throw new JobctlError("config", `uses: there is no file ${path}, nor with ${EXTENSIONS.join(", ")} after it`);
}

function shippedModule(name: string, root: string): string {
  const file = join(root, `${name}.js`);
  if (/^[a-z0-9-]+(\/[a-z0-9-]+)*$/.test(name) && isFile(file)) return file;
  throw new JobctlError(
    "config",
    `uses: "${name}" is no shipped job; shipped are ${shippedJobs(root).join(", ")}. A file of your own begins with ./ (./${name})`,
  );
}

/** The names of the shipped jobs, sorted. */
function shippedJobs(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js"))
    .map((file) => file.slice(0, -".js".length))
    .toSorted();
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new JobctlError("config", `uses: ${path} can't be read: ${reasonOf(error)}`, error);
  }
}
