import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatLogLine, type LogStream } from "../../src/log-line.ts";
import { openLogReader } from "../../src/system/log-reader.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const HEADER = '{"jobctl":1}\n';
const line = (second: number, text: string, stream: LogStream = "stdout") =>
  formatLogLine({ at: Date.parse("2026-11-22T03:00:00Z") + second * 1000, stream, full: true, text });
const cut = (second: number, bytes: number) => line(second, `${bytes} bytes of output were cut here (maxOutput)`, "jobctl");

function log(text: string) {
  const path = join(temporaryFolder(), "a.log");
  writeFileSync(path, text);
  const reader = openLogReader(path);
  return {
    append: (more: string) => appendFileSync(path, more),
    rewrite: (all: string) => writeFileSync(path, all),
    read: (atEnd = false) => reader.read(atEnd).map((each) => each.replace(/^\S+Z \S+ F /, "")),
  };
}

test("gives each line once, as it comes, and a torn one only at the end", () => {
  const { append, read } = log(HEADER + line(0, "one"));
  expect(read()).toEqual([HEADER.trim(), "one"]);
  append(`${line(1, "two")}2026-11-22T03:00:02`);
  expect([read(), read()]).toEqual([["two"], []]);
  append(".000Z stdout F three\ntorn");
  expect(read()).toEqual(["three"]);
  expect(read(true)).toEqual(["torn"]);
});

test("goes on after the last line that it gave when the end of the log is rewritten", () => {
  const head = HEADER + line(0, "head");
  const { rewrite, read } = log(head);
  read();
  rewrite(head + line(1, "a") + line(2, "b"));
  expect(read()).toEqual(["a", "b"]);
  rewrite(head + cut(3, 10) + line(2, "b") + line(3, "c"));
  expect(read()).toEqual(["c"]);
  rewrite(head + cut(4, 20) + line(3, "c"));
  expect(read()).toEqual([]);
});

test("goes on at the remark when what it gave last was cut out", () => {
  const head = HEADER + line(0, "head");
  const { rewrite, read } = log(head + line(1, "a"));
  read();
  rewrite(head + cut(9, 500) + line(7, "y") + line(8, "z"));
  expect(read()).toEqual(["500 bytes of output were cut here (maxOutput)", "y", "z"]);
  rewrite(head + cut(10, 500) + line(7, "y") + line(8, "z"));
  expect(read()).toEqual([]);
});
