import { closeSync, fstatSync, openSync, readFileSync, readSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Script } from "node:vm";
import { makeFolder } from "./make-folder.ts";

type Load = (id: string) => unknown;

/**
 * Returns a `require` for the bundles of a folder that keeps what V8 compiled of them (https://v8.dev/blog/code-caching).
 * Node's own compile cache keeps a file as it was just after it was read, when its functions are not compiled yet; here it is
 * kept as it is at the exit, with all that ran: an eighth of a start's CPU time. A bundle is the text of a function of
 * CommonJS's five names (the build puts it round them), and can't `import()`.
 * @param cacheFolder a folder that nobody else can write: what lies there is run; without one nothing is kept
 * @param requireOther loads what is neither a bundle of the folder nor of Node
 */
export function bundleLoader(folder: string, { cacheFolder, requireOther }: { cacheFolder: string | undefined; requireOther: Load }): Load {
  const loaded = new Map<string, { exports: unknown }>();
  const atExit: Keep[] = [];
  process.once("exit", (exitCode) => atExit.forEach((keepWhatRan) => keepWhatRan(exitCode)));
  const load: Load = (id) => {
    const known = loaded.get(id);
    if (known) return known.exports;
    const module = { exports: {} as unknown };
    loaded.set(id, module);
    if (!id.startsWith("./")) return (module.exports = process.getBuiltinModule(id) ?? requireOther(id));
    const file = `${folder}/${id.slice(2)}`;
    const { script, keepWhatRan } = compile(file, cacheFolder && `${cacheFolder}/${id.slice(2)}-${process.version}-${process.arch}`);
    if (keepWhatRan) atExit.push(keepWhatRan);
    const run = script.runInThisContext() as Wrapped;
    run(module.exports, load, module, file, folder);
    return module.exports;
  };
  return load;
}

type Wrapped = (exports: unknown, require: Load, module: { exports: unknown }, filename: string, dirname: string) => void;

/** To be called at the end, with the exit code. */
type Keep = (exitCode: number) => void;

function compile(file: string, cacheFile: string | undefined): { script: Script; keepWhatRan?: Keep } {
  const source = readFileSync(file, "utf8");
  if (cacheFile === undefined) return { script: new Script(source, { filename: file }) };
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
  const kept = readKept(cacheFile, Buffer.from(new Float64Array([dev, ino, size, mtimeMs, ctimeMs]).buffer));
  const script = new Script(source, kept.code ? { filename: file, cachedData: kept.code } : { filename: file });
  // V8 has made its own of it; a supervisor that waits for hours need not hold it until the next collection.
  kept.code?.buffer.transfer(0);
  const keepWhatRan: Keep = (exitCode) => {
    const starts = script.cachedDataRejected ? [] : kept.starts;
    const isNew = starts.filter((each) => each === exitCode).length < ENOUGH;
    // Of many that start together one adds what it ran: each waits for the disk.
    if (!isNew && !kept.isOld) return;
    keep(cacheFile, () => {
      if (modified(cacheFile) !== kept.mtimeMs) return undefined;
      return Buffer.concat([script.createCachedData(), trailer(isNew ? [...starts, exitCode] : starts, kept.tag)]);
    });
  };
  return { script, keepWhatRan };
}

/** So many starts each add what they ran, for each exit code: a skip and a failure run what a success does not. From then on one an hour does. */
const ENOUGH = 3;
const HOUR_MS = 3_600_000;

interface Kept {
  code?: Buffer<ArrayBuffer>;
  /** The exit codes of the starts that have added to it. */
  starts: readonly number[];
  /** Which file it was made of. */
  tag: Buffer;
  isOld: boolean;
  /** Of the file as it was found; undefined where there was none. */
  mtimeMs: number | undefined;
}

const modified = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

/** How many exit codes are known at most: their number is one byte. */
const MOST_STARTS = 255;

/** What follows the code: the exit codes, how many they are, and the file. In bytes, since for some dozen numbers as texts V8 makes a table of 64 KB. */
function trailer(starts: readonly number[], tag: Buffer): Buffer {
  const latest = starts.slice(-MOST_STARTS);
  return Buffer.concat([Buffer.from([...latest, latest.length]), tag]);
}

/** What was kept of this very file. */
function readKept(cacheFile: string, tag: Buffer): Kept {
  const nothing = { starts: [], tag, isOld: false, mtimeMs: undefined };
  try {
    const { bytes, mtimeMs } = readWhole(cacheFile);
    const countAt = bytes.length - tag.length - 1;
    if (!bytes.subarray(countAt + 1).equals(tag)) return { ...nothing, mtimeMs };
    const codeEnd = countAt - (bytes[countAt] ?? 0);
    const starts = [...bytes.subarray(codeEnd, countAt)];
    return { code: bytes.subarray(0, codeEnd), starts, tag, isOld: Date.now() - mtimeMs >= HOUR_MS, mtimeMs };
  } catch {
    return nothing;
  }
}

/** Into memory of its own, which can be given back before the next collection. */
function readWhole(path: string): { bytes: Buffer<ArrayBuffer>; mtimeMs: number } {
  const fd = openSync(path, "r");
  try {
    const { size, mtimeMs } = fstatSync(fd);
    const bytes = Buffer.from(new ArrayBuffer(size));
    return { bytes: bytes.subarray(0, readSync(fd, bytes)), mtimeMs };
  } finally {
    closeSync(fd);
  }
}

/** On disk before it has its name, so that a power cut can't leave half of it: V8 does not look for damage. Failing is no failure. */
function keep(cacheFile: string, make: () => Buffer | undefined): void {
  const draft = `${cacheFile}.${process.pid}`;
  try {
    const bytes = make();
    if (bytes === undefined) return;
    makeFolder(dirname(cacheFile), 0o700);
    writeFileSync(draft, bytes, { mode: 0o600, flag: "wx", flush: true });
    renameSync(draft, cacheFile);
  } catch {
    discard(draft);
  }
}

function discard(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made.
  }
}
