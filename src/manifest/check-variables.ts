import { HOOKS, type Json } from "../job.ts";
import { isJobctlError } from "../errors.ts";
import { type CheckOptions, placed } from "./check-manifest.ts";
import { unsetVariables } from "./interpolate.ts";
import type { Finding, Path, Problem } from "./problem.ts";
import type { Source } from "./read-source.ts";
import { templateOptions } from "./template-options.ts";
import { type TemplateOptions, unsetMessage } from "./typed-templates.ts";

/** Not interpolated: they read their environment when they run. */
const LITERAL = new Set<string>(["command", "shell", ...HOOKS]);

/** Every free text that names a variable which is not set here and now. (One that a number or a choice needs is a problem of the manifest itself.) */
export function checkVariables(path: string, sources: readonly Source[], options: CheckOptions): Problem[] {
  const [main] = sources as [Source];
  const templates = templateOptions(path, main, options);
  return sources.flatMap((source) => {
    if (source.value === undefined || source.value === null) return [];
    return unset(source.value, [], templates(source.value, source === main)).map((finding) => placed(source, finding, options.cwd));
  });
}

function unset(value: Json, path: Path, options: TemplateOptions): Finding[] {
  if (typeof value === "string") return value.includes("$") ? unsetIn(value, path, options) : [];
  if (typeof value !== "object" || value === null || options.isIdle(path)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (LITERAL.has(key) && (isJobField(path) || isOrganizations(path))) return [];
    return unset(item, [...path, Array.isArray(value) ? Number(key) : key], options);
  });
}

/** `jobs.x.command`, `defaults.command`, `jobs.x.environments.production.command`; but not `jobs.x.with.command`. */
function isJobField(path: Path): boolean {
  return (
    (path[0] === "jobs" && (path.length === 2 || (path.length === 4 && path[2] === "environments"))) ||
    (path[0] === "defaults" && path.length === 1)
  );
}

const isOrganizations = (path: Path): boolean => path.at(-1) === "organizations" && isJobField(path.slice(0, -1));

function unsetIn(text: string, path: Path, { scopeAt }: TemplateOptions): Finding[] {
  try {
    return [...new Set(unsetVariables(text, scopeAt(path)))].map((name) => ({ path, part: "value", message: unsetMessage(name) }));
  } catch (error) {
    if (!isJobctlError(error)) throw error;
    return [{ path, part: "value", message: error.message }];
  }
}
