import { JobctlError } from "../errors.ts";
import type { TextFile } from "./target.ts";

/** What is there under a name of ours, or with our mark. */
export interface FoundText extends TextFile {
  /** Whose it is, where it is not ours: a sentence that begins with the name. */
  foreign?: string;
}

/** One text that is to be made, changed or removed. */
export interface TimerChange {
  name: string;
  /** What is there now; null where there is nothing. */
  before: string | null;
  /** What is to be there; null where nothing is. */
  after: string | null;
  /** Somebody changed it since it was installed, or nothing is known of how it came there. */
  isDrift: boolean;
}

/** The three sides of a plan; `applied` is undefined where nothing was ever installed there. */
export interface PlanSides {
  wanted: readonly TextFile[];
  applied: Readonly<Record<string, string>> | undefined;
  found: readonly FoundText[];
}

/**
 * What turns what is there into what is wanted, by name. Throws JobctlError("config") where a wanted name belongs to somebody
 * else: what is not ours is never touched.
 */
export function planChanges({ wanted, applied = {}, found }: PlanSides): TimerChange[] {
  const foreign = found.flatMap((each) => (each.foreign === undefined ? [] : [each.foreign]));
  if (foreign.length > 0) throw new JobctlError("config", foreignText(foreign));
  const after = new Map(wanted.map(({ name, text }) => [name, text]));
  const before = new Map(found.map(({ name, text }) => [name, text]));
  const changes: TimerChange[] = [];
  for (const name of new Set([...after.keys(), ...before.keys()])) {
    const now = before.get(name) ?? null;
    const then = after.get(name) ?? null;
    if (now !== then) changes.push({ name, before: now, after: then, isDrift: now !== null && now !== own(applied, name) });
  }
  return changes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Drift, also of what would stay as it is: what is there differs from what was installed last. */
export function driftOf({ applied = {}, found }: Omit<PlanSides, "wanted">): { name: string; drift: "edited" | "missing" }[] {
  const now = new Map(found.map(({ name, text }) => [name, text]));
  return Object.entries(applied).flatMap(([name, text]): { name: string; drift: "edited" | "missing" }[] => {
    if (!now.has(name)) return [{ name, drift: "missing" }];
    return now.get(name) === text ? [] : [{ name, drift: "edited" }];
  });
}

/** The last record with its changes taken back: what `--undo` wants. */
export function undone(texts: Readonly<Record<string, string>>, replaced: Readonly<Record<string, string | null>>): TextFile[] {
  const names = [...new Set([...Object.keys(texts), ...Object.keys(replaced)])].toSorted();
  return names.flatMap((name) => {
    const text = Object.hasOwn(replaced, name) ? (replaced[name] ?? null) : (texts[name] ?? null);
    return text === null ? [] : [{ name, text }];
  });
}

function own(texts: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(texts, name) ? texts[name] : undefined;
}

function foreignText(foreign: readonly string[]): string {
  const next = "what is not this manifest's is never touched: remove it, or give this manifest another prefix";
  const [first] = foreign;
  return foreign.length === 1 ? `${first}; ${next}` : `${next}:\n${foreign.map((line) => `  ${line}`).join("\n")}`;
}
