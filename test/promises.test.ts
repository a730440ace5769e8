import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./helpers/world.ts";

/** The life of a run, step by step. */
const STEPS = [
  "Names",
  "Gates: may it run now?",
  "Locks: never twice, never stuck",
  "Slot: which occurrence is this run for?",
  "Begin: the record is on disk before the child starts",
  "Attempt: the child",
  "Retry",
  "Finish",
  "Tell, remember",
] as const;
const LATER = "Later";

const chapters = readFileSync(join(ROOT, "test/PROMISES.md"), "utf8")
  .split(/^## /m)
  .slice(1)
  .map((text) => {
    const [title = "", ...lines] = text.trimEnd().split("\n");
    return { title, entries: lines.filter((line) => line.startsWith("-")), rest: lines.filter((line) => !/^(-|$)/.test(line)) };
  });
const promised = chapters.filter(({ title }) => title !== LATER);
const promises = promised.flatMap(({ entries }) => entries.map(promiseOf));

function promiseOf(line: string): { line: string; text: string; file: string; title: string } {
  const [, text = "", file = "", title = ""] = /^- (.*\S) — `(test\/\S+\.test\.ts)` › (.*\S)$/.exec(line) ?? [];
  return { line, text, file, title };
}

/** Is this the whole of a text in the file, as a test's title is? */
function holds(file: string, title: string): boolean {
  const source = readFileSync(join(ROOT, file), "utf8");
  return ['"', "'", "`"].some((quote) => source.includes(quote + title + quote));
}

describe("the promises of a run", () => {
  it("are told for each step of its life, and what is still to come", () => {
    expect(chapters.map(({ title }) => title)).toEqual([...STEPS, LATER]);
    expect(promised.filter(({ entries }) => entries.length < 3).map(({ title }) => title)).toEqual([]);
    expect(promised.flatMap(({ rest }) => rest)).toEqual([]);
    expect(promises.length).toBeGreaterThanOrEqual(90);
  });

  it("each have a text, a file and a title that says something, and none is told twice", () => {
    expect(promises.filter(({ text, file, title }) => text === "" || file === "" || title === "").map(({ line }) => line)).toEqual([]);
    const words = (title: string): string[] => title.replaceAll(/%\w/g, "").split(/\s+/).filter(Boolean);
    expect(promises.filter(({ title }) => words(title).length < 2).map(({ line }) => line)).toEqual([]);
    const texts = promises.map(({ text }) => text);
    expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([]);
  });

  it("are each held by a test that is there", () => {
    const broken = promises.filter(({ file, title }) => !existsSync(join(ROOT, file)) || !holds(file, title));
    expect(broken.map(({ file, title }) => `${file} › ${title}`)).toEqual([]);
  });

  it("hide no test: none that is named is skipped", () => {
    const files = new Set(promises.map(({ file }) => file));
    expect([...files].filter((file) => /\b(it|test|describe)\.(skip|todo|only)\b/.test(readFileSync(join(ROOT, file), "utf8")))).toEqual(
      [],
    );
  });
});
