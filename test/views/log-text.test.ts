import { expect, test } from "vitest";
import { formatLogLine, type LogLine } from "../../src/log-line.ts";
import { createLineJoiner } from "../../src/views/log-text.ts";

const part = (stream: LogLine["stream"], full: boolean, text: string, at = 1000) => formatLogLine({ at, stream, full, text }).slice(0, -1);

test("joins the parts of a line, each stream for itself, at the time of the first", () => {
  const { push, rest } = createLineJoiner();
  expect(push('{"jobctl":1}')).toBeUndefined();
  expect(push(part("stdout", false, "wait", 1))).toBeUndefined();
  expect(push(part("stderr", true, "oops"))).toEqual({ at: 1000, stream: "stderr", text: "oops" });
  expect(push(part("stdout", true, "ing", 5))).toEqual({ at: 1, stream: "stdout", text: "waiting" });
  expect(rest()).toEqual([]);
});

test("gives at the end what was begun and not ended", () => {
  const { push, rest } = createLineJoiner();
  push(part("stdout", false, "name? "));
  expect(rest()).toEqual([{ at: 1000, stream: "stdout", text: "name? " }]);
});
