import { statSync } from "node:fs";
import { JobctlError } from "../errors.ts";
import { resolvePath } from "../resolve-path.ts";

export interface ManifestSearch {
  /** `--manifest`. */
  file?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  uid: number;
}

/** The absolute path of the manifest that is meant: asked for, else the first that exists of the usual places. Throws JobctlError("config"). */
export function findManifest({ file, env, cwd, uid }: ManifestSearch): string {
  const named = file || env["JOBCTL_MANIFEST"];
  if (named) return existing(resolvePath(cwd, named), file ? "--manifest" : "JOBCTL_MANIFEST");
  const places = usualPlaces(env, cwd, uid);
  const found = places.find(exists);
  if (found) return found;
  const unseen = uid === 0 && exists(resolvePath(cwd, "jobctl.yaml"));
  const hint = unseen
    ? "as root the one in the current folder must be named: --manifest jobctl.yaml"
    : "name one with --manifest, or write one with: jobctl init";
  throw new JobctlError("config", `no manifest found (looked for ${places.join(", ")}); ${hint}`);
}

function existing(path: string, askedBy: string): string {
  if (exists(path)) return path;
  throw new JobctlError("config", `${path}: there is no such file (from ${askedBy}); write a manifest with: jobctl init`);
}

/** Root does not take a manifest from the folder that it happens to be in. */
function usualPlaces(env: ManifestSearch["env"], cwd: string, uid: number): string[] {
  const system = "/etc/jobctl/jobctl.yaml";
  if (uid === 0) return [system];
  const config = env["XDG_CONFIG_HOME"] || (env["HOME"] && resolvePath(env["HOME"], ".config"));
  const own = config ? [resolvePath(config, "jobctl/jobctl.yaml")] : [];
  return [resolvePath(cwd, "jobctl.yaml"), resolvePath(cwd, "jobs/manifest.yaml"), ...own, system];
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
