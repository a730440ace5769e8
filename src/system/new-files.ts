import { chmodSync, chownSync, linkSync, realpathSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { errnoCode, JobctlError } from "../errors.ts";
import { makeFolder } from "./make-folder.ts";
import { reasonOf } from "./trusted-file.ts";

/** Writes a file that must not exist yet, whole or not at all. Throws JobctlError("usage") where it exists. */
export function createFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    makeFolder(dirname(path));
    writeFileSync(temporary, text, { flag: "wx" });
    linkSync(temporary, path);
  } catch (error) {
    if (errnoCode(error) === "EEXIST") throw new JobctlError("usage", `${path} exists already and was left as it is`);
    throw new JobctlError("config", `${path}: cannot be written: ${reasonOf(error)}`, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Puts another text in a file's place at one stroke, with its mode and owner; a link stays a link. */
export function replaceText(path: string, text: string): void {
  const file = realpathSync(path);
  const { mode, uid, gid } = statSync(file);
  const temporary = `${file}.${process.pid}.new`;
  try {
    writeFileSync(temporary, text, { flag: "wx" });
    chmodSync(temporary, mode);
    if (process.geteuid?.() === 0) chownSync(temporary, uid, gid);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new JobctlError("config", `${path}: cannot be written: ${reasonOf(error)}`, error);
  }
}

/** Takes back files that were made by this command. */
export function removeFiles(paths: readonly string[]): void {
  for (const path of paths) unlinkSync(path);
}
