import { createHash } from "node:crypto";
import { closeSync, createReadStream, fsyncSync, openSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createGunzip, gzipSync } from "node:zlib";
import { JobctlError } from "../../errors.ts";
import { sha256Of } from "./sha256.ts";

/** What is recorded of an archive, and found again when it is read. */
export interface ArchiveFacts {
  sha256: string;
  rowCount: number;
}

/** A file that is being written. */
export interface Archive {
  readonly rowCount: number;
  add(row: object): void;
  /** Writes what is left and waits until it is on the disk. */
  finish(): ArchiveFacts;
  /** Closes the file without finishing it. */
  abandon(): void;
}

/** Each part is a gzip member of its own: a file of such members is a gzip file (RFC 1952, 2.2), and no more than one is ever in memory. */
const ROWS_A_MEMBER = 500;

/** Begins a new file. Throws EEXIST where there is one. */
export function createArchive(path: string): Archive {
  const descriptor = openSync(path, "wx", 0o640);
  const hash = createHash("sha256");
  const state = { lines: [] as string[], rowCount: 0 };
  const flush = (): void => {
    const member = gzipSync(state.lines.join(""));
    state.lines = [];
    hash.update(member);
    writeFileSync(descriptor, member);
  };
  return {
    get rowCount() {
      return state.rowCount;
    },
    add(row) {
      state.lines.push(`${JSON.stringify(row)}\n`);
      state.rowCount += 1;
      if (state.lines.length === ROWS_A_MEMBER) flush();
    },
    finish() {
      if (state.lines.length > 0) flush();
      fsyncSync(descriptor);
      closeSync(descriptor);
      syncFile(dirname(path));
      return { sha256: hash.digest("hex"), rowCount: state.rowCount };
    },
    abandon: () => closeSync(descriptor),
  };
}

/** Waits until a file's content, or a folder's names, are on the disk. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Reads the whole file: its checksum, and that each line is JSON. */
export async function checkArchive(path: string, { sha256, rowCount }: ArchiveFacts): Promise<void> {
  const found = await sha256Of(path);
  if (found !== sha256)
    throw new JobctlError("failed", `${path} is not the file that was archived: its sha256 is ${found}, recorded is ${sha256}`);
  let rows = 0;
  for await (const _ of readArchive(path)) rows += 1;
  if (rows !== rowCount) throw new JobctlError("failed", `${path} holds ${rows} rows, recorded are ${rowCount}`);
}

/** The rows, one by one. (`node:readline` would also cut lines at U+2028, which JSON may hold as it is.) */
export async function* readArchive(path: string): AsyncGenerator<unknown, void> {
  const gunzip = createGunzip();
  const file = createReadStream(path).once("error", (error) => gunzip.destroy(error));
  file.pipe(gunzip);
  try {
    let rest = "";
    for await (const text of gunzip.setEncoding("utf8")) {
      const lines = (rest + String(text)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as unknown;
    }
    if (rest !== "") throw new JobctlError("failed", `${path} ends in the middle of a row`);
  } finally {
    file.destroy();
  }
}
