import { type Contestant, type Sample, timed } from "./timed.ts";

/** One contestant's result: the medians over the rounds, as ratios to the baseline beside it, and in milliseconds. */
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
 * Rounds 0 A 0 B 0 C 0, with the baseline 0: a machine whose speed drifts, as most do, is as slow or fast for a contestant as for the baseline
 * before and after it, so that ratios hold where times do not. The first round warms caches and is not counted.
 */
export function measureInRounds({ contestants, baseline, rounds, repeat, env, told }: RoundsRequest): Standing[] {
  const samples: { own: Sample; base: Sample }[][] = contestants.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    told(round);
    let before = timed(baseline, repeat, env);
    for (const [index, contestant] of contestants.entries()) {
      const own = timed(contestant, repeat, env);
      const after = timed(baseline, repeat, env);
      if (round > 0) samples[index]?.push({ own, base: mean(before, after) });
      before = after;
    }
  }
  return contestants.map(({ name }, index) => standing(name, samples[index] ?? []));
}

function standing(name: string, samples: readonly { own: Sample; base: Sample }[]): Standing {
  const ratios = samples.map(({ own, base }) => ratio(own, base));
  return {
    name,
    cpu: median(ratios.map(({ cpu }) => cpu)),
    wall: median(ratios.map(({ wall }) => wall)),
    cpuMs: median(samples.map(({ own }) => own.cpu)),
    wallMs: median(samples.map(({ own }) => own.wall)),
    rounds: ratios,
  };
}

export const ratio = (one: Sample, base: Sample): Sample => ({ cpu: one.cpu / base.cpu, wall: one.wall / base.wall });

export const mean = (one: Sample, other: Sample): Sample => ({ cpu: (one.cpu + other.cpu) / 2, wall: (one.wall + other.wall) / 2 });

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}
