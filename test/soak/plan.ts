import { OVERLAPS, type Overlap } from "../../src/job.ts";
import { type Random } from "./random.ts";

export interface PlannedJob {
  name: string;
  /** Started by cron, for slots of its schedule. */
  scheduled: boolean;
  /** The names under which it takes places: its own, its group's, the host's. */
  places: string[];
  maxRetries: number;
  /** A slot whose run crashed or was cancelled is run again. */
  reruns: boolean;
}

export interface Plan {
  jobs: PlannedJob[];
  /** At most so many at once, by the name of the places. */
  limits: Record<string, number>;
  /** YAML, since JSON is. */
  manifest: string;
}

const GROUPS = { db: 1, disk: 2, net: 3 };
const RUNNING = 6;
const HOST = "@host";
/** The run that tidies up after the storm. */
export const LAST = "last";

/** A manifest of so many jobs, with every policy of `overlap`, limits, retries, time-outs, leftovers and kinds of work among them. */
export function makePlan(random: Random, count: number, soakFolder: string): Plan {
  const made = Array.from({ length: count }, (_, index) => makeJob(random, `job-${index}`, soakFolder));
  const groups = Object.entries(GROUPS).map(([name, limit]) => [`@${name}`, limit] as const);
  return {
    jobs: made.map(({ planned }) => planned),
    limits: {
      ...Object.fromEntries(made.map(({ planned, limit }) => [planned.name, limit])),
      ...Object.fromEntries(groups),
      [HOST]: RUNNING,
    },
    manifest: JSON.stringify({
      version: 1,
      prefix: "soak",
      stateDir: "state",
      groups: Object.fromEntries(Object.entries(GROUPS).map(([name, limit]) => [name, { limit }])),
      limits: { running: RUNNING },
      jobs: {
        ...Object.fromEntries(made.map(({ planned, entry }) => [planned.name, entry])),
        [LAST]: { command: ["/bin/true"] },
      },
    }),
  };
}

interface Made {
  planned: PlannedJob;
  limit: number;
  entry: Record<string, unknown>;
}

function makeJob(random: Random, name: string, soakFolder: string): Made {
  const overlap = random.pick(OVERLAPS);
  const limit = overlap === "allow" ? random.between(1, 4) : 1;
  const group = random.chance(0.5) ? random.pick(Object.keys(GROUPS)) : undefined;
  const maxRetries = random.chance(0.25) ? random.between(1, 2) : 0;
  const scheduled = random.chance(0.15);
  const reruns = scheduled && random.chance(0.5);
  const places = [name, ...(group === undefined ? [] : [`@${group}`]), HOST];
  const entry = {
    ...work(random, places, soakFolder),
    ...policy(random, overlap, limit),
    ...(group === undefined ? {} : { group }),
    priority: random.pick(["low", "normal", "high", "critical"]),
    killAfter: random.between(200, 500),
    ...(random.chance(0.2) ? { timeout: random.between(300, 1200) } : {}),
    ...(random.chance(0.05) ? { totalTimeout: random.between(800, 2000) } : {}),
    ...(maxRetries === 0 ? {} : { retry: retry(random, maxRetries) }),
    // Every few seconds: most triggers find a slot that is due.
    ...(scheduled ? { schedule: `*/${random.between(2, 9)} * * * * *`, onCrash: reruns ? "rerun" : "leave" } : {}),
    maxOutput: "32KB",
  };
  return { planned: { name, scheduled, places, maxRetries, reruns }, limit, entry };
}

function policy(random: Random, overlap: Overlap, limit: number): Record<string, unknown> {
  return {
    overlap,
    ...(overlap === "allow" ? { resources: { concurrencyLimit: limit } } : {}),
    ...(overlap === "wait" && random.chance(0.7) ? { queueLimit: random.between(1, 6) } : {}),
    // Who waits for a group takes the place of others that could be started meanwhile.
    ...(random.chance(0.9) ? { waitTimeout: random.between(200, 2500) } : {}),
  };
}

function retry(random: Random, maxRetries: number): Record<string, unknown> {
  return {
    maxRetries,
    backoff: random.pick(["fixed", "linear", "exponential"]),
    initialDelay: random.between(50, 300),
    jitter: random.pick([0, 0.5]),
  };
}

/** The probe as command, under a shell or as module; it may fail, be deaf to TERM, talk much or leave something behind. */
function work(random: Random, places: readonly string[], folder: string): Record<string, unknown> {
  const leave = random.chance(0.15);
  const keep = leave && random.chance(0.3);
  const does = {
    work: random.pick([random.between(10, 100), random.between(100, 600), random.between(600, 2000)]),
    codes: random.pick(["0", "0", "0", "3", "3,0", "0,4"]),
    deaf: random.chance(0.1) ? 1 : 0,
    leave: leave ? random.between(500, 4000) : 0,
    keep: keep ? 1 : 0,
    away: random.chance(0.5) ? 1 : 0,
    say: random.chance(0.1) ? random.between(100, 2000) : 1,
  };
  const probe = [`perl`, `${folder}/probe.pl`];
  const kind = random.pick(["command", "command", "command", "command", "command", "shell", "shell", "module"]);
  const what = {
    command: { command: probe },
    // With leftovers: keep, what a shell leaves when it is ended would be the work itself, which then rightly runs on without a place.
    shell: { shell: keep ? `exec ${probe.join(" ")}` : `${probe.join(" ")}; exit $?` },
    module: { uses: `${folder}/module-job.ts` },
  };
  const SOAK = Object.entries(does).map(([name, value]) => `${name}=${value}`).join(" "); // prettier-ignore
  return {
    ...what[kind as keyof typeof what],
    env: { SOAK, SOAK_FOLDER: folder, SOAK_PLACES: places.join(" ") },
    leftovers: keep ? "keep" : "kill",
  };
}
