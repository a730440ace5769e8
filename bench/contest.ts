import type { Arena } from "./arena.ts";
import type { BenchOptions } from "./options.ts";
import type { Standing } from "./rounds.ts";
import type { Row } from "./rows.ts";
import type { Contestant } from "./timed.ts";

/** What takes part in the rounds, and what its standings mean. */
export interface Contest {
  contestants: Contestant[];
  rows(of: (contestant: Contestant) => Standing): Row[];
  end?(): Promise<void>;
}

/** Makes its files in the arena and warms what a host has warm. */
export type Prepare = (arena: Arena, options: BenchOptions) => Contest | Promise<Contest>;

/** What is measured alone, after the rounds. */
export type Measure = (arena: Arena, options: BenchOptions) => Row[] | Promise<Row[]>;

/** A call that could not be made here, because a tool is missing: told, never silent. */
export class LeftOut extends Error {}
