import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../../../src/job-api/database/open-database.ts";
import { cancelAt } from "../../../helpers/cancel.ts";
import { folder, runEntry } from "../../../helpers/entry.ts";
import { AT, adminServer, instant, KINDS, log, make } from "./world.ts";

describe.each(DIALECTS)("what activity-report leaves behind on %s", (dialect) => {
  it("replaces the report of a period in a second run, and makes another for another day", async () => {
    const data = await adminServer(dialect);
    const { run } = await make("daily-report", data);
    const directory = join(String(run.result["htmlPath"]), "..");
    await log(data, [["2026-11-21T03:00:00.000Z", "late.arrival", "ann"]]);
    await make("daily-report", data, { directory });
    await make("daily-report", data, { directory, at: AT - 86_400_000 });
    const rows = await data.db.selectFrom("reports").selectAll().orderBy("period_start").execute();
    expect(rows.map(({ kind, period_start }) => [kind, period_start])).toEqual([
      ["daily", instant("2026-11-20")],
      ["daily", instant("2026-11-21")],
    ]);
    expect(JSON.parse(rows[1]?.data ?? "")).toEqual(JSON.parse(readFileSync(join(directory, "daily-2026-11-21.json"), "utf8")));
    expect(JSON.parse(rows[1]?.data ?? "")).toMatchObject({ actions: { total: 6 } });
    expect(rows[1]?.file_path).toBe(join(directory, "daily-2026-11-21.html"));
    expect(readdirSync(directory).toSorted()).toEqual(
      ["20", "21"].flatMap((day) => [`daily-2026-11-${day}.html`, `daily-2026-11-${day}.json`]),
    );
  });

  it.each(KINDS)("%s-report writes nothing in a dry run, and tells the same numbers", async (kind) => {
    const data = await adminServer(dialect);
    const directory = join(folder(), "new");
    const dry = await runEntry(`${kind}-report`, data, { now: AT, dryRun: true, set: { directory } });
    expect(existsSync(directory)).toBe(false);
    expect(await data.db.selectFrom("reports").selectAll().execute()).toEqual([]);
    expect(dry.result).toEqual((await make(`${kind}-report`, data, { directory })).run.result);
  });

  it.each(KINDS)("%s-report that is cancelled half-way leaves no report; the next run makes it", async (kind) => {
    const data = await adminServer(dialect);
    const directory = join(folder(), "new");
    // When all is counted and nothing is written yet.
    const cancelled = await cancelAt("mkdir:1", `${kind}-report`, data, { now: AT, set: { directory } });
    expect(cancelled).toMatchObject({ status: "cancelled" });
    expect(await data.db.selectFrom("reports").select("id").execute()).toEqual([]);
    const { run, report } = await make(`${kind}-report`, data, { directory });
    expect([run.status, report.kind, readdirSync(directory).length]).toEqual(["succeeded", kind, 2]);
    expect(await data.db.selectFrom("reports").select("kind").execute()).toEqual([{ kind }]);
  });
});
