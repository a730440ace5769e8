import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockWaiting, tryLock, unlock } from "../../src/system/file-lock.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jobctl-lock-"));
  file = join(folder, "a.lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("gives a lock to one open file only, until it is unlocked", () => {
  const [first, second] = [openSync(file, "a"), openSync(file, "a")];
  expect([tryLock(first), tryLock(second)]).toEqual([true, false]);
  unlock(first);
  expect(tryLock(second)).toBe(true);
});

test("frees the lock when the descriptor is closed", () => {
  const [first, second] = [openSync(file, "a"), openSync(file, "a")];
  tryLock(first);
  closeSync(first);
  expect(tryLock(second)).toBe(true);
});

test("waits for a lock no longer than it is told", () => {
  const [first, second] = [openSync(file, "a"), openSync(file, "a")];
  tryLock(first);
  const before = performance.now();
  expect(lockWaiting(second, 60)).toBe(false);
  expect(performance.now() - before).toBeGreaterThanOrEqual(59);
});

test("keeps a lock that a child inherited, and frees it for the child when unlocked here", async () => {
  const [ours, other] = [openSync(file, "a"), openSync(file, "a")];
  tryLock(ours);
  const child = spawn("sleep", ["30"], { stdio: ["ignore", "ignore", "ignore", ours] });
  await once(child, "spawn");
  expect(tryLock(other)).toBe(false);
  unlock(ours);
  expect(tryLock(other)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
});

test("refuses a descriptor that is not open for writing", () => {
  closeSync(openSync(file, "a"));
  expect(() => tryLock(openSync(file, "r"))).toThrow("bad file descriptor");
});
