import {
  closeSync,
  type Dirent,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { errnoCode, JobctlError } from "../errors.ts";
import { makeFolder } from "../system/make-folder.ts";
import type { FoundText, TimerChange } from "./install-plan.ts";
import type { Step } from "./timer-place.ts";

/** A folder with files of ours among others. */
export interface TimerFolder {
  path: string;
  /** Could a file of this name be ours? */
  isCandidate(name: string): boolean;
  /** The manifest whose file this is; undefined where the text has no mark. */
  ownerOf(text: string): string | undefined;
  manifestPath: string;
}

/** What is there with our mark, and under these names. */
export function findFiles(folder: TimerFolder, names: readonly string[]): FoundText[] {
  const wanted = new Set(names);
  const there = entriesIn(folder.path).filter(({ name }) => wanted.has(name) || folder.isCandidate(name));
  return there.flatMap((entry) => foundFile(folder, entry, wanted.has(entry.name)));
}

function foundFile({ path, ownerOf, manifestPath }: TimerFolder, entry: Dirent, isWanted: boolean): FoundText[] {
  const { name } = entry;
  const file = join(path, name);
  const text = entry.isFile() ? readText(file) : undefined;
  const owner = text === undefined ? undefined : ownerOf(text);
  if (text !== undefined && owner === manifestPath) return [{ name, text }];
  if (!isWanted) return [];
  const whose = text === undefined ? "is no regular file" : owner === undefined ? "was not made by jobctl" : `belongs to ${owner}`;
  return [{ name, text: text ?? "", foreign: `${file}: ${whose}` }];
}

/** Undefined for what is no regular file, such as the link of a masked unit. */
function textOf(file: string): string | undefined {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? readText(file) : undefined;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return undefined;
    throw new JobctlError("unavailable", `${file}: cannot be read (${String(errnoCode(error))})`, error);
  }
}

export function namesIn(folder: string): string[] {
  return entriesIn(folder).map(({ name }) => name);
}

/** With their kinds: a look at each of thousands of files would cost more than reading them. */
function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return [];
    throw new JobctlError("unavailable", `${folder}: cannot be read (${String(errnoCode(error))})`, error);
  }
}

/** The name has a dot in front and no known end: neither systemd nor cron takes it for its own. */
const draftOf = (path: string, name: string): string => join(path, `.${name}.jobctl-new`);

/** Writes every new text beside its place, then puts one after the other there. */
export function fileSteps(path: string, changes: readonly TimerChange[]): Step[] {
  if (changes.length === 0) return [];
  return [
    { name: "write beside", run: async () => writeDrafts(path, changes) },
    ...changes.map((change) => ({
      name: `${change.after === null ? "remove" : "place"} ${change.name}`,
      run: async () => placeFile(path, change),
    })),
  ];
}

function writeDrafts(path: string, changes: readonly TimerChange[]): void {
  makeFolder(path, 0o755);
  for (const { name, after } of changes) if (after !== null) writeDraft(draftOf(path, name), after);
}

function writeDraft(draft: string, text: string): void {
  rmSync(draft, { force: true });
  const fd = openSync(draft, "wx", 0o644);
  try {
    // Units and cron's files are read by others than us, whatever the umask.
    fchmodSync(fd, 0o644);
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function placeFile(path: string, { name, before, after }: TimerChange): void {
  const file = join(path, name);
  if ((textOf(file) ?? null) !== before) throw new JobctlError("try-later", `${file} was changed meanwhile; try again`);
  if (after === null) rmSync(file, { force: true });
  else renameSync(draftOf(path, name), file);
}

/** Puts back what was there, and removes what lies beside; a file that somebody changed meanwhile stays. */
export function putFilesBack(path: string, changes: readonly TimerChange[]): void {
  for (const { name, before, after } of changes) {
    const file = join(path, name);
    const draft = draftOf(path, name);
    const now = textOf(file) ?? null;
    if (now === after && before === null) rmSync(file, { force: true });
    else if (now === after && before !== null) {
      writeDraft(draft, before);
      renameSync(draft, file);
    }
    rmSync(draft, { force: true });
  }
}
