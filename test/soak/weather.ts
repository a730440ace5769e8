import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Arena } from "./arena.ts";
import type { Random } from "./random.ts";

/** How often each came, and how long it lasted in all, in milliseconds. */
export interface WeatherCount {
  clockSteps: number;
  readers: { times: number; ms: number };
  writers: { times: number; ms: number };
  full: { times: number; ms: number };
}

export interface Weather {
  count: WeatherCount;
  /** To be called often with the milliseconds since the storm began. */
  turn(elapsed: number): void;
  /** What is still on ends; the clock stays where it is. */
  clear(): void;
}

/** Something that lasts: from when, how long, in milliseconds. */
interface Spell {
  from: number;
  until: number;
  /** What ends it; undefined where it can't begin now. */
  begin(): (() => void) | undefined;
  keep?(): void;
  tally: { times: number; ms: number };
  end?: () => void;
}

const DISK_FULL_MS = 10_000;
const HOUR = 3600;

/**
 * Clock steps every few seconds; now and then somebody who reads the history for seconds, or keeps it from being written for
 * longer than a run waits before its child starts (5 s); and for ten seconds a full disk, once in ten minutes but at least once.
 */
export function startWeather(arena: Arena, random: Random, seconds: number): Weather {
  const count: WeatherCount = { clockSteps: 0, readers: { times: 0, ms: 0 }, writers: { times: 0, ms: 0 }, full: { times: 0, ms: 0 } };
  const spells = planSpells(arena, random, { seconds, count });
  let nextStep = 0;
  return {
    count,
    turn(elapsed) {
      if (arena.clock && elapsed >= nextStep) {
        if (nextStep > 0) count.clockSteps++;
        arena.clock.set(nextStep === 0 ? 0 : random.pick([-2 * HOUR, -HOUR, -30, 0, 30, HOUR, 3 * HOUR, 26 * HOUR]));
        nextStep = elapsed + random.between(2000, 6000);
      }
      for (const spell of spells) turnSpell(spell, elapsed);
    },
    clear() {
      for (const { end } of spells) end?.();
    },
  };
}

function turnSpell(spell: Spell, elapsed: number): void {
  if (spell.end === undefined && elapsed >= spell.from && elapsed < spell.until) {
    const end = spell.begin();
    if (end === undefined) return;
    const began = performance.now();
    spell.tally.times++;
    spell.end = () => {
      end();
      spell.tally.ms += performance.now() - began;
      spell.end = () => undefined;
    };
  }
  if (elapsed >= spell.until) spell.end?.();
  else if (spell.end) spell.keep?.();
}

function planSpells(arena: Arena, random: Random, { seconds, count }: { seconds: number; count: WeatherCount }): Spell[] {
  const length = seconds * 1000;
  const database = join(arena.stateDir, "history.db");
  const spells: Spell[] = [];
  const every = (ms: number, least: number, most: number, make: Pick<Spell, "begin" | "tally">): void => {
    for (let from = random.between(ms / 4, ms / 2); from + most < length; from += random.between(ms / 2, ms)) {
      spells.push({ ...make, from, until: from + random.between(least, most) });
    }
  };
  every(12_000, 2000, 6000, { begin: () => hold(database, "BEGIN; SELECT count(*) FROM runs"), tally: count.readers });
  every(40_000, 5500, 7500, { begin: () => hold(database, "BEGIN IMMEDIATE"), tally: count.writers });
  const { disk } = arena;
  if (disk) {
    const begin = (): (() => void) => {
      arena.note("disk-full");
      return () => {
        disk.free();
        arena.note("disk-free");
      };
    };
    for (let from = length * 0.55; from < length; from += 240_000) {
      spells.push({ begin, keep: disk.fill, tally: count.full, from, until: from + DISK_FULL_MS });
    }
  }
  return spells;
}

/** Somebody else at the history; gives what lets go of it, or undefined where it could not be had. */
function hold(path: string, sql: string): (() => void) | undefined {
  if (!existsSync(path)) return undefined;
  const db = new Database(path, { timeout: 500 });
  try {
    for (const statement of sql.split("; ").map((text) => db.prepare(text))) {
      if (statement.reader) statement.all();
      else statement.run();
    }
  } catch {
    db.close();
    return undefined; // others were at work for too long, or the disk is full
  }
  return () => {
    db.exec("ROLLBACK");
    db.close();
  };
}
