import { enableCompileCache, registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isJobctlError, JobctlError } from "../../errors.ts";
import { asJobDefinition, type JobDefinition } from "../../job-api/define-job.ts";

/** `import()`, from a file that Node itself loaded. */
export type ImportModule = (url: string) => Promise<unknown>;

/** Imports a job's module; `jobctl` in it means this very package, wherever the module lies. Throws JobctlError (config) for a module that can't be loaded. */
export async function loadModule(path: string, importModule: ImportModule, cacheFolder?: string | null): Promise<JobDefinition> {
  if (cacheFolder) enableCompileCache(cacheFolder);
  mapOwnName();
  try {
    const module = (await importModule(pathToFileURL(path).href)) as { default?: unknown };
    return asJobDefinition(module.default, path);
  } catch (error) {
    if (isJobctlError(error)) throw error;
    throw new JobctlError("config", `${path}: can't be loaded: ${whyNot(error)}`);
  }
}

function mapOwnName(): void {
  const url = pathToFileURL(join(import.meta.dirname, "index.js")).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "jobctl" ? { url, format: "module", shortCircuit: true } : next(specifier, context),
  });
}

/** Node puts the place of a syntax error above the stack, and that is what a person needs; of an error thrown at import, the whole stack. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error instanceof SyntaxError ? stack.split("\n    at ", 1).join("") : stack;
}
