import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, startBrowser } from "../../../helpers/browser.ts";
import type { TestDatabase } from "../../../helpers/databases.ts";
import { database, folder } from "../../../helpers/entry.ts";
import { AT, KINDS, log, make, user } from "./world.ts";

describe("the report's page", () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 400_000);
  afterAll(async () => browser?.close());

  it("escapes what the database holds, and loads nothing", async () => {
    const data = await busy();
    const { page } = await make("daily-report", data);
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(page).not.toMatch(/<script|<img|https?:(?!\/\/www\.w3\.org\/)|url\(/);
  });

  it.each(KINDS)("looks well: %s", async (kind) => {
    const data = await busy();
    const { run } = await make(`${kind}-report`, data);
    const shots = folder();
    for (const look of LOOKS) {
      const seen = await browser?.open(String(run.result["htmlPath"]), look);
      if (!seen) continue;
      expect(await seen.overflow(), "pixels too wide").toBe(0);
      expect(await seen.axe()).toEqual([]);
      expect(seen.complaints).toEqual([]);
      expect(
        await seen.page
          .locator(`.chart .${look.width < 640 ? "narrow" : "wide"} svg`)
          .first()
          .isVisible(),
      ).toBe(true);
      const shot = await seen.page.screenshot({ path: join(shots, `${kind}-${look.width}-${look.colorScheme}.png`), fullPage: true });
      expect(shot.length).toBeGreaterThan(20_000);
      await seen.page.close();
    }
  });
});

const LOOKS = [
  { width: 1280, colorScheme: "light" },
  { width: 360, colorScheme: "light" },
  { width: 1280, colorScheme: "dark" },
] as const;

async function busy(): Promise<TestDatabase> {
  const data = await database("sqlite");
  await data.db.insertInto("users").values(user("ann", "2026-01-01")).execute();
  const actions = [
    "login",
    "project.viewed",
    "<img src=x onerror=alert(1)>",
    "a-name-without-any-space.that-is-longer-than-a-phone-is-wide-by-far",
  ];
  const hours = Array.from({ length: 600 }, (_, index) => new Date(AT - index * 5_400_000).toISOString());
  await log(
    data,
    hours.map((at, index) => [at, actions[index % 4] ?? "", "ann", index % 9 === 0 ? "failure" : "success"]),
  );
  return data;
}
