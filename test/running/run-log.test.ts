import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseLogLine } from "../../src/log-line.ts";
import { createRunLog } from "../../src/running/run-log.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "run-log-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const line = (text: string) => ({ at: Date.UTC(2026, 0, 1), stream: "stdout" as const, full: true, text });
const texts = (file: string): string[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((each) => parseLogLine(each)?.text ?? "?");

describe("the log of a run", () => {
  it("begins with the record and keeps each line with time and stream", () => {
    const file = join(dir, "a/b.log");
    const log = createRunLog(file, { job: "x" }, 1e6);
    log.write(line("one"));
    log.write({ ...line("two"), stream: "stderr" });
    log.close();
    expect(readFileSync(file, "utf8")).toBe('{"job":"x"}\n2026-01-01T00:00:00.000Z stdout F one\n2026-01-01T00:00:00.000Z stderr F two\n');
  });

  it("keeps the beginning and the end of an output beyond the bound and says what was cut", () => {
    const file = join(dir, "big.log");
    const log = createRunLog(file, {}, 10_000);
    for (let n = 0; n < 10_000; n++) log.write(line(`line ${n}`));
    log.close();
    const kept = texts(file);
    expect(kept[0]).toBe("line 0");
    expect(kept.at(-1)).toBe("line 9999");
    const cuts = kept.filter((text) => /^\d+ bytes of output were cut here \(maxOutput\)$/.test(text));
    expect(cuts).toHaveLength(1);
    expect(readFileSync(file).length).toBeLessThan(10_500);
  });

  it("shows the end also before it is closed, once it is synced, and goes on after that", () => {
    const file = join(dir, "live.log");
    const log = createRunLog(file, {}, 2000);
    for (let n = 0; n < 100; n++) log.write(line(`line ${n}`));
    log.sync();
    expect(texts(file).at(-1)).toBe("line 99");
    log.write(line("the last"));
    log.close();
    expect(texts(file).slice(-2)).toEqual(["line 99", "the last"]);
  });

  it("is not written again when it is closed: a kill then must not cost its end", () => {
    const file = join(dir, "whole.log");
    const log = createRunLog(file, {}, 2000);
    for (let n = 0; n < 100; n++) log.write(line(`line ${n}`));
    log.sync();
    const written = statSync(file, { bigint: true }).mtimeNs;
    log.sync();
    log.close();
    expect(statSync(file, { bigint: true }).mtimeNs).toBe(written);
  });

  it("refuses a file that is there already", () => {
    const file = join(dir, "twice.log");
    createRunLog(file, {}, 1000).close();
    expect(() => createRunLog(file, {}, 1000)).toThrow("EEXIST");
  });
});
