import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";
import { isJobctlError } from "../../src/errors.ts";
import type { Manifest } from "../../src/job.ts";
import { checkManifest } from "../../src/manifest/check-manifest.ts";
import { loadManifest } from "../../src/manifest/load-manifest.ts";
import { problemText } from "../../src/manifest/problem.ts";

type Env = Record<string, string | undefined>;

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export const UID = process.geteuid?.() ?? 0;

/** A new folder with these files. */
export function folderWith(files: Record<string, string | Buffer>): string {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-manifest-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** The texts of all problems of a manifest; files beside it are given by name. */
export function problemsOf(yaml: string | Buffer, { env = {}, files = {} }: { env?: Env; files?: Record<string, string> } = {}): string[] {
  const folder = folderWith({ "jobctl.yaml": yaml, ...files });
  return checkManifest(join(folder, "jobctl.yaml"), { env, uid: UID, cwd: folder }).problems.map(problemText);
}

/** The manifest, or the whole text of the error. */
export function load(yaml: string, { env = {}, files = {} }: { env?: Env; files?: Record<string, string> } = {}): Manifest {
  const folder = folderWith({ "jobctl.yaml": yaml, ...files });
  return loadManifest(join(folder, "jobctl.yaml"), { env, uid: UID, cwd: folder, cacheDir: undefined, programVersion: "0", now: Date.now });
}

/** What the call throws as a JobctlError: its code and message. */
export function refusal(call: () => unknown): { code: string; message: string } {
  try {
    call();
  } catch (error) {
    if (isJobctlError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing was thrown");
}
