import { afterEach, describe, expect, it } from "vitest";
import job from "../../../jobs/notifications/anniversary-reminders.ts";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { cancelAt, isHalfWay } from "../../helpers/cancel.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { runEntry } from "../../helpers/entry.ts";
import { forbid } from "../../helpers/forbid.ts";
import { runInProcess } from "../../helpers/in-process.ts";
import { addUsers } from "../../helpers/people.ts";

const DAY = 86_400_000;
const day = (date: string): number => Date.parse(`${date}T03:00:00.000Z`);

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

describe.each(DIALECTS)("generate-reminders on %s", (dialect) => {
  // 1 Ramadan 1448 is 2027-02-08 and Sha'ban 1448 has 29 days (Umm al-Qura University's tables).
  it("reminds 30 days before, of the latest finalized snapshot, once", async () => {
    const data = await snapshots(dialect, {
      due: [{ hijri_year: 1447, hijri_month: 9, hijri_day: 1 }],
      tomorrow: [{ hijri_year: 1447, hijri_month: 9, hijri_day: 2 }],
      short: [{ hijri_year: 1447, hijri_month: 8, hijri_day: 30 }],
      old: [{ hijri_year: 1440, hijri_month: 9, hijri_day: 1 }],
      newer: [
        { hijri_year: 1446, hijri_month: 9, hijri_day: 1 },
        { hijri_year: 1447, hijri_month: 1, hijri_day: 1 },
      ],
      same: [{ hijri_year: 1448, hijri_month: 9, hijri_day: 1 }],
      draft: [{ hijri_year: 1447, hijri_month: 9, hijri_day: 1, status: "draft" }],
      gone: [{ hijri_year: 1447, hijri_month: 9, hijri_day: 1 }],
    });
    const now = day("2027-01-09");
    const counts = { snapshotsDue: 3, generatedCount: 3, alreadyRemindedCount: 0 };
    expect((await runEntry("generate-reminders", data, { now, dryRun: true })).result).toEqual(counts);
    expect(await reminders(data)).toEqual([]);
    expect(await runEntry("generate-reminders", data, { now })).toMatchObject({ status: "succeeded", result: counts });
    expect(await reminders(data)).toEqual(["due 2027-02-08", "old 2027-02-08", "short 2027-02-07"]);
    expect((await runEntry("generate-reminders", data, { now })).result).toEqual({ ...counts, generatedCount: 0, alreadyRemindedCount: 3 });
    expect((await runEntry("generate-reminders", data, { now: now + DAY })).result).toMatchObject({ generatedCount: 1 });
    expect(await reminders(data)).toContain("tomorrow 2027-02-09");
  });

  it("catches up what missed runs did not make, up to the day itself and not after", async () => {
    const data = await snapshots(dialect, { due: [{ hijri_year: 1447, hijri_month: 9, hijri_day: 1 }] });
    expect((await runInProcess(job, data, { now: day("2027-01-08") })).result).toMatchObject({ generatedCount: 0 });
    expect((await runInProcess(job, data, { now: day("2027-02-09") })).result).toMatchObject({ generatedCount: 0 });
    expect((await runInProcess(job, data, { now: day("2027-02-08") })).result).toMatchObject({ generatedCount: 1 });
  });

  it("makes no second reminder within seven days when the date of a snapshot is corrected", async () => {
    const data = await snapshots(dialect, { due: [{ hijri_year: 1447, hijri_month: 9, hijri_day: 1 }] });
    const now = day("2027-01-15");
    await runInProcess(job, data, { now });
    await data.db.updateTable("yearly_snapshots").set({ hijri_day: 3 }).execute();
    expect((await runInProcess(job, data, { now: now + 7 * DAY - 1 })).result).toMatchObject({
      alreadyRemindedCount: 1,
      generatedCount: 0,
    });
    expect((await runInProcess(job, data, { now: now + 7 * DAY })).result).toMatchObject({ generatedCount: 1 });
    expect(await reminders(data)).toEqual(["due 2027-02-08", "due 2027-02-10"]);
  });

  it("reports a reminder that can't be written, and makes the others", async () => {
    const snapshot = [{ hijri_year: 1447, hijri_month: 9, hijri_day: 1 }];
    const data = await snapshots(dialect, { a: snapshot, bad: snapshot, z: snapshot });
    await forbid(data, { event: "INSERT", table: "reminder_events", column: "user_id", values: ["bad"] });
    const run = await runEntry("generate-reminders", data, { now: day("2027-01-09") });
    expect(run).toMatchObject({ status: "failed", exitCode: 1, result: { snapshotsDue: 3, generatedCount: 2 } });
    expect(run.result.failures).toEqual([{ item: "user bad", error: expect.stringContaining("not this one") }]);
    expect(await reminders(data)).toEqual(["a 2027-02-08", "z 2027-02-08"]);
  });

  it("keeps what it has done when it is cancelled half-way; the next run finishes", async () => {
    const snapshot = [{ hijri_year: 1447, hijri_month: 9, hijri_day: 1 }];
    const data = await snapshots(dialect, Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`u${index}`, snapshot])));
    const now = day("2027-01-09");
    const cancelled = await cancelAt("wait:5", "generate-reminders", data, { now });
    const done = (await reminders(data)).length;
    expect(isHalfWay(done, 10)).toBe(true);
    expect(cancelled).toMatchObject({ status: "cancelled", result: { generatedCount: done } });
    expect(await runEntry("generate-reminders", data, { now })).toMatchObject({ result: { generatedCount: 10 - done } });
  });

  it("reminds in every Hijri month of ten years, once a year and in time, although most nights are missed", async () => {
    const months = Array.from({ length: 12 }, (_, index) => index + 1);
    const all = months.flatMap((month) =>
      [1, 29, 30].map((hijri_day) => [`m${month}d${hijri_day}`, [{ hijri_year: 1447, hijri_month: month, hijri_day }]] as const),
    );
    const data = await snapshots(dialect, Object.fromEntries(all));
    const every = dialect === "sqlite" ? 7 : 29;
    const [from, to] = [day("2026-07-01"), day("2036-07-01")];
    for (let now = from; now < to; now += every * DAY) await runInProcess(job, data, { now });
    const rows = await data.db
      .selectFrom("reminder_events")
      .select(["user_id", "trigger_date", "created_at"])
      .orderBy("trigger_date")
      .execute();
    for (const [user, made] of Map.groupBy(rows, ({ user_id }) => user_id)) {
      const dates = made.map(({ trigger_date }) => trigger_date);
      expect(dates.map((date) => hijri(date).month)).toEqual(dates.map(() => Number(/m(\d+)/.exec(user)?.[1])));
      // Ten Gregorian years hold ten or eleven Hijri anniversaries, a year of 354 or 355 days apart.
      const gaps = dates.slice(1).map((date, index) => (Date.parse(date) - Date.parse(dates[index] ?? "")) / DAY);
      expect(gaps.every((gap) => gap >= 353 && gap <= 356)).toBe(true);
      expect(dates.length).toBeGreaterThanOrEqual(10);
      for (const { trigger_date, created_at } of made) {
        const ahead = (Date.parse(trigger_date) - Date.parse(created_at.slice(0, 10))) / DAY;
        expect(ahead).toBeGreaterThanOrEqual(Date.parse(created_at) === from ? 0 : 31 - every);
        expect(ahead).toBeLessThanOrEqual(30);
      }
    }
    expect(new Set(rows.map(({ user_id }) => user_id)).size).toBe(36);
  });
});

/** An own reading of the calendar, by the month's name. */
function hijri(date: string): { month: number } {
  const name = new Intl.DateTimeFormat("en-u-ca-islamic-umalqura", { timeZone: "UTC", month: "long" }).format(
    new Date(`${date}T12:00:00Z`),
  );
  return { month: MONTHS.indexOf(name) + 1 };
}

const MONTHS = [
  "Muharram",
  "Safar",
  "Rabiʻ I",
  "Rabiʻ II",
  "Jumada I",
  "Jumada II",
  "Rajab",
  "Shaʻban",
  "Ramadan",
  "Shawwal",
  "Dhuʻl-Qiʻdah",
  "Dhuʻl-Hijjah",
];

type Given = Readonly<Record<string, readonly Snapshot[]>>;

interface Snapshot {
  hijri_year: number;
  hijri_month: number;
  hijri_day: number;
  status?: "draft";
}

/** Users by id with their snapshots. */
async function snapshots(dialect: (typeof DIALECTS)[number], users: Given): Promise<TestDatabase> {
  const data = await appDatabase(dialect);
  closing.push(() => data.db.destroy());
  await addUsers(data, Object.fromEntries(Object.keys(users).map((id) => [id, { status: id === "gone" ? "anonymized" : "inactive" }])));
  for (const [user_id, all] of Object.entries(users)) {
    for (const [index, snapshot] of all.entries()) {
      const row = {
        id: `${user_id}-${index}`,
        user_id,
        status: "finalized" as const,
        gregorian_year: 2026,
        zakat_minor: 1,
        nisab_threshold_minor: 1,
        nisab_type: "gold",
        methodology_used: "standard",
        created_at: "2026-01-01T00:00:00.000Z",
        updated_at: "2026-01-01T00:00:00.000Z",
        ...snapshot,
      };
      await data.db.insertInto("yearly_snapshots").values(row).execute();
    }
  }
  return data;
}

async function reminders({ db }: TestDatabase): Promise<string[]> {
  const rows = await db.selectFrom("reminder_events").select(["user_id", "trigger_date"]).execute();
  return rows.map(({ user_id, trigger_date }) => `${user_id} ${trigger_date}`).toSorted();
}
