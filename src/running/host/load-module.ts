import { realpathSync } from "node:fs";
import { enableCompileCache, registerHooks } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isJobctlError, JobctlError } from "../../errors.ts";
import { asJobDefinition, type JobDefinition } from "../../job-api/define-job.ts";
import { packageOf } from "../../system/node-package.ts";

/** `import()`, from a file that Node itself loaded. */
export type ImportModule = (url: string) => Promise<unknown>;

/** Imports a job's module; `jobctl` in it means this very package, wherever the module lies. Throws JobctlError (config) for a module that can't be loaded. */
export async function loadModule(path: string, importModule: ImportModule, cacheFolder?: string | null): Promise<JobDefinition> {
  if (cacheFolder) enableCompileCache(cacheFolder);
  try {
    return asJobDefinition(defaultOf((await importModule(resolvedAtOnce(path))) as { default?: unknown }), path);
  } catch (error) {
    if (isJobctlError(error)) throw error;
    throw new JobctlError("config", `${path}: can't be loaded: ${whyNot(error, path)}`);
  }
}

/** A module that was compiled to CommonJS has its default export within the one that Node gives it. */
function defaultOf(module: { default?: unknown }): unknown {
  const exported = module.default;
  return typeof exported === "object" && exported && "__esModule" in exported && "default" in exported ? exported.default : exported;
}

/**
 * The URL to import a job's file by. Node need not look for it, which is a fiftieth of a start, nor for our package; but where its
 * options may make it find something else (`--import`, `--preserve-symlinks`), it looks for the file itself.
 */
function resolvedAtOnce(path: string): string {
  const isPlain = !process.env["NODE_OPTIONS"];
  const own = pathToFileURL(isPlain ? realpathSync.native(path) : path).href;
  const jobctl = pathToFileURL(join(import.meta.dirname, "index.js")).href;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "jobctl") return { url: jobctl, format: "module", shortCircuit: true };
      return isPlain && specifier === own ? { url: own, shortCircuit: true } : next(specifier, context);
    },
  });
  return own;
}

/** Node puts the place of a syntax error above the stack, and that is what a person needs; of an error thrown at import, the whole stack. */
function whyNot(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  if (!(error instanceof SyntaxError)) return stack;
  return /outside a module|Unexpected token 'export'/.test(error.message) ? readAsCommonJs(path) : stack.split("\n    at ", 1).join("");
}

function readAsCommonJs(path: string): string {
  const { path: decides = "package.json" } = packageOf(dirname(path)) ?? {};
  const better = path.replace(/\.(c?)(js|ts)$/, ".m$2");
  return `it has import or export, and Node reads it as CommonJS because of ${decides}; write "type": "module" there, or name it ${basename(better)}`;
}
