import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  describePause,
  type Pause,
  pausedFolder,
  pauseFile,
  pauseOf,
  pauseSentence,
  pauseText,
  type PauseTarget,
  readPauses,
} from "../../src/running/pauses.ts";
import { temporaryFolder } from "../helpers/history.ts";

const now = Date.parse("2026-11-22T03:00:00Z");
const pause = (target: PauseTarget, some: Partial<Pause> = {}): Pause => ({
  target,
  by: "amy",
  at: now - 60_000,
  until: null,
  reason: null,
  onResume: "skip",
  ...some,
});
const job = { name: "nightly", tags: ["etl", "Q 4/é"] };
const targets: PauseTarget[] = [{ kind: "job", job: "nightly" }, { kind: "tag", tag: "Q 4/é" }, { kind: "all" }, { kind: "drain" }];

/** A state directory with these files among its pauses. */
function stateWith(files: Record<string, string>): string {
  const stateDir = temporaryFolder("jobctl-pauses-");
  mkdirSync(pausedFolder(stateDir));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(pausedFolder(stateDir), file), text);
  return stateDir;
}

describe("pauses", () => {
  it.each(targets)("come back as they were written: %j", (target) => {
    const written = pause(target, { until: now + 3_600_000, reason: 'a "reason"\nof two lines', onResume: "once" });
    expect(readPauses(stateWith({ [pauseFile(target)]: pauseText(written) }))).toEqual([written]);
  });

  it("are none where nothing was ever paused", () => {
    expect(readPauses(temporaryFolder("jobctl-pauses-"))).toEqual([]);
  });

  it.each(["", "null", "{", '{"by":"amy","at":"2026-11-22T03:00:00Z","until":"soon"}'])("pause also by a file that says %j", (text) => {
    const [found] = readPauses(stateWith({ "nightly.json": text }));
    expect(found).toMatchObject({ target: { kind: "job", job: "nightly" }, by: "an unknown user", until: null });
    expect(pauseOf(job, found ? [found] : [], now)).toBe(found);
  });

  it("are no files that are just being written, nor what does not belong there", () => {
    expect(readPauses(stateWith({ ".nightly.json.123": "{}", "notes.txt": "" }))).toEqual([]);
  });

  it("concern a job by its name, a tag of it, or as one of all; its own is told first", () => {
    const all = targets.map((target) => pause(target));
    expect(all.toReversed().map((_, count) => pauseOf(job, all.slice(count), now)?.target.kind)).toEqual(["job", "tag", "all", "drain"]);
    expect(pauseOf({ name: "other", tags: [] }, all.slice(0, 2), now)).toBeUndefined();
  });

  it("end by themselves when their time is over", () => {
    const until = pause({ kind: "all" }, { until: now });
    expect([pauseOf(job, [until], now - 1), pauseOf(job, [until], now)]).toEqual([until, undefined]);
  });

  it("are told with who, since when, until when, why and what ends them", () => {
    const texts = targets.map((target) => pauseSentence(pause(target, { reason: "disk", until: now })));
    const facts = "by amy since 2026-11-22T02:59:00Z until 2026-11-22T03:00:00Z: disk";
    expect(texts).toEqual([
      `nightly is paused ${facts} (jobctl resume nightly ends it)`,
      `every job with the tag Q 4/é is paused ${facts} (jobctl resume --tag 'Q 4/é' ends it)`,
      `every job is paused ${facts} (jobctl resume --all ends it)`,
      `every job is drained ${facts} (jobctl drain --end ends it)`,
    ]);
    expect(describePause(pause({ kind: "tag", tag: "etl" }))).toBe("paused with the tag etl by amy since 2026-11-22T02:59:00Z");
  });
});
