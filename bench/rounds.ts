import { type Contestant, type Sample, timed } from "./timed.ts";

/** One contestant's result: the medians over the rounds, as ratios to the baseline in the same round, and in milliseconds. */
export interface Standing {
  name: string;
  cpu: number;
  wall: number;
  cpuMs: number;
  wallMs: number;
  /** The ratios of the single rounds. */
  rounds: Sample[];
}

export interface RoundsRequest {
  contestants: readonly Contestant[];
  /** What the ratios are to. */
  baseline: Contestant;
  rounds: number;
  repeat: number;
  env: NodeJS.ProcessEnv;
  told(round: number): void;
}

/**
 * Rounds A B C, A B C, ...: a machine whose speed drifts, as most do, is slow or fast for all of a round, so that ratios
 * hold where times do not. The first round warms caches and is not counted.
 */
export function measureInRounds({ contestants, baseline, rounds, repeat, env, told }: RoundsRequest): Standing[] {
  const everyone = [baseline, ...contestants];
  const samples: Sample[][] = [];
  for (let round = 0; round <= rounds; round++) {
    told(round);
    const now = everyone.map((each) => timed(each, repeat, env));
    if (round > 0) samples.push(now);
  }
  return everyone.map(({ name }, index) => standing(name, samples, index));
}

function standing(name: string, samples: readonly Sample[][], index: number): Standing {
  const own = samples.map((round) => at(round, index));
  const ratios = samples.map((round) => ratio(at(round, index), at(round, 0)));
  return {
    name,
    cpu: median(ratios.map(({ cpu }) => cpu)),
    wall: median(ratios.map(({ wall }) => wall)),
    cpuMs: median(own.map(({ cpu }) => cpu)),
    wallMs: median(own.map(({ wall }) => wall)),
    rounds: ratios,
  };
}

const ratio = (one: Sample, base: Sample): Sample => ({ cpu: one.cpu / base.cpu, wall: one.wall / base.wall });

function at(round: readonly Sample[], index: number): Sample {
  return round[index] ?? { cpu: Number.NaN, wall: Number.NaN };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}
