import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { crontabQuote } from "../../src/timers/crontab-quote.ts";
import { shellQuote } from "../../src/timers/shell-quote.ts";
import { execArgument, unitText, unitWord } from "../../src/timers/system-unit-quote.ts";
import { NASTY, WITH_LINE_BREAKS, randomArguments } from "./nasty-arguments.ts";

describe("a word for sh", () => {
  it.each([
    ["plain", "plain"],
    ["/usr/bin/x-1_2.3:4@5%6+7,8", "/usr/bin/x-1_2.3:4@5%6+7,8"],
    ["", "''"],
    ["two words", "'two words'"],
    ["it's", `'it'\\''s'`],
    ["A=b", "'A=b'"],
    ["$HOME", "'$HOME'"],
    ["~", "'~'"],
  ])("%j is %s", (text, quoted) => {
    expect(shellQuote(text)).toBe(quoted);
  });

  it("comes through sh byte for byte", () => {
    const lists = [...NASTY, ...WITH_LINE_BREAKS, ...randomArguments(100)];
    const script = lists.map((list) => `printf '%s\\0' ${list.map(shellQuote).join(" ")}; printf '\\1'`).join("\n");
    const found = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\0\u0001").slice(0, -1);
    expect(found).toEqual(lists.map((list) => list.join("\0")));
  });

  it("can't hold a NUL byte", () => {
    expect(() => shellQuote("a\0b")).toThrow("an argument can't hold a NUL byte");
  });
});

describe("a command for a crontab", () => {
  it.each([
    ["date +%F", "date +\\%F"],
    ["a\\b", "a\\\\b"],
    ["\\%", "\\\\\\%"],
    ["plain", "plain"],
  ])("%j is %j", (text, quoted) => {
    expect(crontabQuote(text)).toBe(quoted);
  });

  it.each(["a\nb", "a\0b"])("can't hold %j", (text) => {
    expect(() => crontabQuote(text)).toThrow("a crontab line can't hold a line break or a NUL byte");
  });
});

describe("a word for a unit", () => {
  it.each([
    ["plain", "plain", "plain"],
    ["--trigger", "--trigger", "--trigger"],
    ["", '""', '""'],
    ["two words", '"two words"', '"two words"'],
    ['"', '"\\""', '"\\""'],
    ["\\", '"\\\\"', '"\\\\"'],
    ["100%", '"100%%"', '"100%%"'],
    ["$HOME", '"$$HOME"', '"$HOME"'],
    [";", '";"', '";"'],
    ["a\nb\tc\u0001", '"a\\nb\\tc\\x01"', '"a\\nb\\tc\\x01"'],
    ["ä", '"ä"', '"ä"'],
  ])("%j is %s as an argument and %s elsewhere", (text, argument, word) => {
    expect(execArgument(text)).toBe(argument);
    expect(unitWord(text)).toBe(word);
  });

  it("can't hold a NUL byte", () => {
    expect(() => execArgument("a\0b")).toThrow("an argument can't hold a NUL byte");
  });

  it.each([
    ["Delete tokens", "Delete tokens"],
    ["100% sure", "100%% sure"],
    ["two\nExecStart=/bin/rm lines", "two ExecStart=/bin/rm lines"],
    [" ends with \\ \\", "ends with"],
  ])("as text for people %j is %j", (text, value) => {
    expect(unitText(text)).toBe(value);
  });
});
