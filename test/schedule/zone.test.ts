import { describe, expect, it } from "vitest";
import { isProblem } from "../../src/schedule/schedule.ts";
import { type Zone, findZone } from "../../src/schedule/zone.ts";
import { instantAt, offsetAt, transitionsUntil, wallTime } from "../../src/schedule/zone-clock.ts";
import { wallOf } from "./brute-force.ts";

function zone(name: string): Zone {
  const found = findZone(name);
  if (isProblem(found)) throw new Error(found.problem);
  return found;
}

function intlOffset(name: string, instant: number): number {
  const { year, month, day, hour, minute, second } = wallOf(name, instant);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

describe("zones", () => {
  it("agree with Intl at every change of every zone from 1970 to 2019 (later ones depend on the edition of tzdata)", () => {
    const names = Intl.supportedValuesOf("timeZone").filter((name) => name.includes("/"));
    const differences: string[] = [];
    let changes = 0;
    for (const name of names) {
      const found = findZone(name);
      if (isProblem(found)) {
        differences.push(found.problem);
        continue;
      }
      for (const { at } of transitionsUntil(found, 0)) {
        if (at < 0 || at > Date.UTC(2020, 0, 1)) continue;
        for (const instant of [at - 1000, at]) {
          changes += 1;
          if (offsetAt(found, instant) !== intlOffset(name, instant)) differences.push(`${name} ${new Date(instant).toISOString()}`);
        }
      }
    }
    expect(differences).toEqual([]);
    expect(changes).toBeGreaterThan(10_000);
  });

  it.each(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "Asia/Kolkata"])(
    "agree with Intl in years to come, where the rule at the end of the file counts (%s)",
    (name) => {
      for (let year = 2024; year < 2190; year += 7) {
        for (let day = 0; day < 365; day += 5) {
          const instant = Date.UTC(year, 0, 1 + day, 1, 30);
          expect(offsetAt(zone(name), instant)).toBe(intlOffset(name, instant));
        }
      }
    },
  );

  it("take the first of two passes of a repeated local time", () => {
    expect(new Date(instantAt(zone("Europe/Berlin"), Date.UTC(2026, 9, 25, 2, 30)) ?? 0).toISOString()).toBe("2026-10-25T00:30:00.000Z");
  });

  it("have no instant for a local time that is skipped", () => {
    expect(instantAt(zone("Europe/Berlin"), Date.UTC(2027, 2, 28, 2, 30))).toBeUndefined();
    expect(instantAt(zone("Pacific/Apia"), Date.UTC(2011, 11, 30, 12, 0))).toBeUndefined();
  });

  it("need no file for UTC", () => {
    expect(zone("UTC").table).toHaveLength(1);
    expect(wallTime(zone("UTC"), 12_345)).toBe(12_345);
  });

  it.each([
    ["europe/berlin", 'timezone "europe/berlin" is not known: allowed are UTC and names like Europe/Berlin; did you mean "Europe/Berlin"?'],
    ["Europe/Berlln", 'timezone "Europe/Berlln" is not known: allowed are UTC and names like Europe/Berlin; did you mean "Europe/Berlin"?'],
    ["utc", 'timezone "utc" is not known: allowed are UTC and names like Europe/Berlin; did you mean "UTC"?'],
    ["CET", 'timezone "CET" is an abbreviation: allowed are UTC and names like Europe/Berlin'],
    ["CEST", 'timezone "CEST" is an abbreviation: allowed are UTC and names like Europe/Berlin'],
    ["EST5EDT", 'timezone "EST5EDT" is an abbreviation: allowed are UTC and names like Europe/Berlin'],
    ["UTC+2", 'timezone "UTC+2" is an offset: allowed are UTC and names like Europe/Berlin'],
    ["+02:00", 'timezone "+02:00" is an offset: allowed are UTC and names like Europe/Berlin'],
    ["local", 'timezone "local" is not known: allowed are UTC and names like Europe/Berlin'],
    ["", 'timezone "" is not known: allowed are UTC and names like Europe/Berlin'],
    ["Europe", 'timezone "Europe" is not known: allowed are UTC and names like Europe/Berlin'],
    ["../../etc/passwd", 'timezone "../../etc/passwd" is not known: allowed are UTC and names like Europe/Berlin'],
    [
      "right/Europe/Berlin",
      'timezone "right/Europe/Berlin" is not known: allowed are UTC and names like Europe/Berlin; did you mean "Europe/Berlin"?',
    ],
  ])("refuse %j", (name, message) => {
    expect(findZone(name)).toEqual({ problem: message });
  });
});
