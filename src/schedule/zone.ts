import { readFileSync } from "node:fs";
import { didYouMean } from "../nearest.ts";
import type { Problem } from "./schedule.ts";
import { type TzFile, readTzif } from "./tzif.ts";

/** Where the zone files of cron, systemd and the C library are (tzfile(5)). */
const ZONE_FOLDER = "/usr/share/zoneinfo";

/** A time zone: its offset from UTC over time. */
export interface Zone extends TzFile {
  name: string;
}

export const UTC: Zone = { name: "UTC", table: [{ at: Number.NEGATIVE_INFINITY, offset: 0, daylight: false }], rule: undefined };
const known = new Map<string, Zone>([["UTC", UTC]]);

/**
 * Finds `UTC` or an `Area/Location` zone, exactly as written. Reads the machine's own zone file, as cron and systemd do: so
 * what is printed is what they will do, and no ICU is loaded (17 ms).
 */
export function findZone(name: string): Zone | Problem {
  const zone = known.get(name) ?? readZone(name);
  if (zone === undefined) return { problem: zoneProblem(name) };
  known.set(name, zone);
  return zone;
}

function readZone(name: string): Zone | undefined {
  if (!/^[A-Z][A-Za-z]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*){1,2}$/.test(name)) return undefined;
  try {
    return { name, ...readTzif(readFileSync(`${ZONE_FOLDER}/${name}`)) };
  } catch {
    return undefined;
  }
}

function zoneProblem(name: string): string {
  if (/^(UTC|GMT)?[+-]\d/i.test(name)) return `timezone "${name}" is an offset: allowed are UTC and names like Europe/Berlin`;
  const names = zoneNames();
  if (names.length === 0) return `timezone "${name}" is not known: ${ZONE_FOLDER} is empty (install the package tzdata)`;
  const sameLetters = names.find((each) => each.toLowerCase() === name.toLowerCase());
  const meant = sameLetters === undefined ? didYouMean(name, names) : `; did you mean "${sameLetters}"?`;
  if (meant === "" && /^[A-Z0-9]{3,7}$/.test(name))
    return `timezone "${name}" is an abbreviation: allowed are UTC and names like Europe/Berlin`;
  return `timezone "${name}" is not known: allowed are UTC and names like Europe/Berlin${meant}`;
}

/** The names of this machine's zones. */
function zoneNames(): string[] {
  const table = zoneTable();
  if (table === undefined) return [];
  const names = [...table.matchAll(/^(?:Z|L \S+) ([A-Z]\w*\/\S+)/gm)].map((match) => match[1] ?? "");
  return ["UTC", ...names].toSorted();
}

/** The edition of this machine's zones, such as 2025b; undefined where that is not known. */
export function zoneEdition(): string | undefined {
  return /^# version (\S+)/.exec(zoneTable() ?? "")?.[1];
}

/** The source of all zones, which tzdata brings beside them. */
function zoneTable(): string | undefined {
  try {
    return readFileSync(`${ZONE_FOLDER}/tzdata.zi`, "utf8");
  } catch {
    return undefined;
  }
}
