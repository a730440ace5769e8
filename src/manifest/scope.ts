import { dirname } from "node:path";
import type { Manifest } from "../job.ts";
import { resolvePath } from "../resolve-path.ts";
import { readEnvFile } from "./env-file.ts";
import { interpolate, type Scope } from "./interpolate.ts";

export interface Caller {
  env: Readonly<Record<string, string | undefined>>;
  /** Effective user id. */
  uid: number;
}

/** What an envFile gives; its own path takes variables from `outer`. */
export function envFileVariables(
  manifest: Pick<Manifest, "path">,
  envFile: string | undefined,
  outer: Scope,
  uid: number,
): Record<string, string> {
  if (envFile === undefined) return {};
  return readEnvFile(resolvePath(dirname(manifest.path), interpolate(envFile, outer, `${manifest.path}: envFile`)), uid);
}

/** Variables from the sets in their order, then from the process. */
export function scopeOf(env: Caller["env"], ...sets: Record<string, string>[]): Scope {
  return (name) => sets.find((set) => Object.hasOwn(set, name))?.[name] ?? env[name];
}

/** The variables that the manifest's own fields see. */
export function manifestScope(manifest: Pick<Manifest, "path" | "envFile">, { env, uid }: Caller): Scope {
  return scopeOf(env, envFileVariables(manifest, manifest.envFile, scopeOf(env), uid));
}

/** The environment's name, from the same places as every variable. */
export function environmentName(scope: Scope): string {
  return scope("JOBCTL_ENV") || scope("NODE_ENV") || "development";
}
