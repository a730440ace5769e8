import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tryLock } from "../../src/system/file-lock.ts";
import { openPrivate } from "../../src/system/private-files.ts";
import { ownProcess } from "../../src/system/processes.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { world } from "../helpers/world.ts";
import { aftermath, alive } from "./aftermath.ts";
import { marksOf, parseEvidence } from "./evidence.ts";

describe("a job of the soak test", () => {
  it.each(["command: [perl, probe.pl]", "shell: perl probe.pl; exit $?", "uses: ./module-job.ts"])(
    "(%s) tells its start and end, and takes places beside another of its kind",
    async (work) => {
      const folder = temporaryFolder();
      mkdirSync(join(folder, "places"));
      const w = world(`
        twin:
          ${work}
          overlap: allow
          env: { SOAK: "work=2500 codes=3", SOAK_FOLDER: "${folder}", SOAK_PLACES: "twin @host" }
      `);
      for (const file of ["probe.pl", "module-job.ts"]) copyFileSync(join(import.meta.dirname, file), join(w.dir, file));
      const ends = await Promise.all([w.jobctl(["run", "twin"]), w.jobctl(["run", "twin"])]);
      const marks = parseEvidence(readFileSync(join(folder, "evidence"), "utf8"));
      expect(marksOf(marks, "start").map(({ job, attempt, trigger }) => [job, attempt, trigger])).toEqual([
        ["twin", 1, "manual"],
        ["twin", 1, "manual"],
      ]);
      expect(marksOf(marks, "end").map(({ code }) => code)).toEqual([3, 3]);
      const places = marksOf(marks, "holds").map(({ places: held }) => Object.fromEntries(held));
      expect(places.toSorted((one, two) => Number(one["twin"]) - Number(two["twin"]))).toMatchObject([{ twin: 0 }, { twin: 1 }]);
      expect(ends.map(({ code }) => code)).toEqual(work.startsWith("uses") ? [1, 1] : [3, 3]);
    },
  );
});

describe("what is left after a storm", () => {
  it("is every lock that is held, every record that waits, and all that was taken for damaged", () => {
    const stateDir = temporaryFolder();
    const held = ["locks/a.lock", "locks/a.queue/00-1-k", "logs/a/k.log", "history.lock"];
    for (const path of held) expect(tryLock(openPrivate(join(stateDir, path), "new"))).toBe(true);
    const others = ["locks/b.lock", "logs/a/l.log", "spool/reserve", "spool/k.json", "spool/l.taken", "spool/bad/m.json"];
    for (const path of [...others, "history.db.damaged-1"]) openPrivate(join(stateDir, path), "new");
    const left = aftermath(stateDir, [], ["ok"]);
    expect(left.locked.toSorted()).toEqual(held.toSorted());
    expect(left.spool.toSorted()).toEqual(["spool/k.json", "spool/l.taken"]);
    expect(left.setAside.toSorted()).toEqual(["history.db.damaged-1", "spool/bad/m.json"]);
  });

  it("is every process that told its start and still runs, and not one that has its number now", () => {
    const { pid, start } = ownProcess();
    const started = (process: string): string => `start 1 ${process} k a 1 1 manual 2026-11-22T05:00:00.000Z\n`;
    const marks = parseEvidence(started(`${pid}:${start}`) + started(`${pid}:${start - 1}`));
    expect(alive(marks)).toEqual([`${pid}:${start}`]);
  });
});
