import type { Standing } from "./rounds.ts";

/** One line of the table: what was measured, against what it must be and what it aims at. Peers have no budget. */
export interface Row {
  what: string;
  /** Times something that was measured in the same run (`node -e 0`), megabytes, rows a second, (milli)seconds, or a count. */
  unit: "x" | "MB" | "rows/s" | "ms" | "s" | "";
  must?: number;
  aim?: number;
  measured: number;
  note?: string;
}

export type Verdict = "aim met" | "must met" | "MISSED" | "";

/** Of rows a second there are to be more, of all else less. */
export function verdict({ unit, must, aim, measured }: Row): Verdict {
  if (must === undefined) return "";
  if (unit === "rows/s") return measured >= must ? "must met" : "MISSED";
  if (measured > must || Number.isNaN(measured)) return "MISSED";
  return aim !== undefined && measured <= aim ? "aim met" : "must met";
}

/** The two lines of a contestant whose CPU and wall time have the same budget. */
export function cpuAndWall({ name, cpu, wall, cpuMs, wallMs }: Standing, budget: { must?: number; aim?: number } = {}): Row[] {
  return [
    { what: `${name}: CPU`, unit: "x", ...budget, measured: cpu, note: `${cpuMs.toFixed(1)} ms` },
    { what: `${name}: wall`, unit: "x", ...budget, measured: wall, note: `${wallMs.toFixed(1)} ms` },
  ];
}
