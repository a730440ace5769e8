import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tryLock, unlock } from "../../src/system/file-lock.ts";
import { lockedFiles, lockId, parseLocks } from "../../src/system/proc-locks.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

test("reads which files the kernel holds open-file-description locks on", () => {
  const text = [
    "1: OFDLCK ADVISORY  WRITE -1 08:01:123456 0 EOF",
    "1: -> OFDLCK ADVISORY  WRITE -1 08:01:99 0 EOF",
    "2: POSIX  ADVISORY  WRITE 812 08:01:77 0 EOF",
    "3: FLOCK  ADVISORY  WRITE 812 00:2f:78 0 EOF",
    "4: OFDLCK ADVISORY  READ  -1 103:02:18446744073709551615 0 EOF",
    "",
  ].join("\n");
  expect([...parseLocks(text)]).toEqual(["08:01:123456", "103:02:18446744073709551615"]);
});

test.each([
  [0x801n, "08:01"],
  [0x10302n, "103:02"],
  [0x2fn, "00:2f"],
  [(0x234n << 8n) | 0x56n | (0x1000n << 20n), "234:100056"],
])("writes device number %i as the kernel does", (dev, text) => expect(lockId({ dev, ino: 7n })).toBe(`${text}:7`));

test("sees a lock that is held, without touching it", () => {
  const path = join(temporaryFolder(), "a.log");
  writeFileSync(path, "");
  const fd = openSync(path, "a");
  expect([lockedFiles()(path), lockedFiles()(`${path}.none`)]).toEqual([false, false]);
  tryLock(fd);
  expect(lockedFiles()(path)).toBe(true);
  unlock(fd);
  expect(lockedFiles()(path)).toBe(false);
});
