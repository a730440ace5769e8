import type { Manifest } from "../job.ts";
import { readCopy } from "./compiled-copy.ts";
import { findManifest, type ManifestSearch } from "./find-manifest.ts";

export interface OpenOptions extends ManifestSearch {
  /** Where compiled copies are kept (`cacheDirectory`); without one every start reads the YAML. */
  cacheDir: string | undefined;
  programVersion: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** The job that is wanted of it, where only one is: the others may still be asked for. */
  job?: string;
}

/**
 * The manifest, checked and still uninterpolated (but for `${NAME}` where only a number, a duration or a choice can
 * stand). Costs one small file while nothing changed. Throws JobctlError("config") with every problem and its place.
 */
export async function openManifest(options: OpenOptions): Promise<Manifest> {
  const manifestPath = findManifest(options);
  const { cacheDir, uid, programVersion, job } = options;
  const known = cacheDir === undefined ? undefined : readCopy({ cacheDir, uid, manifestPath, programVersion }, job);
  if (known) return known;
  const { loadManifest } = await import("./load-manifest.ts");
  return loadManifest(manifestPath, options);
}
