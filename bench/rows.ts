import type { Standing } from "./rounds.ts";

/** One line of the table: what was measured, against what it must be and what it aims at. Peers have no budget. */
export interface Row {
  what: string;
  /** Times `node -e 0`, megabytes, or a count. */
  unit: "x" | "MB" | "s" | "";
  must?: number;
  aim?: number;
  measured: number;
  note?: string;
}

export type Verdict = "aim met" | "must met" | "MISSED" | "";

export function verdict({ must, aim, measured }: Row): Verdict {
  if (must === undefined) return "";
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
