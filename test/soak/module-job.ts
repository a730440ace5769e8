import { spawnSync } from "node:child_process";
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defineJob } from "jobctl";

/** probe.pl as a module job: the same evidence, the same places. */
export default defineJob({
  description: "Say when it starts and ends and which places it holds",
  params: {},
  async run({ signal }) {
    const ends = performance.now() + Number(setting("work"));
    note("start", ...["RUN_KEY", "JOB", "ATTEMPT"].map(ofRun), ofRun("RUN_ID") || "-", ofRun("TRIGGER"), ofRun("SLOT"));
    const held = new Map(placeNames().map((name) => [name, claim(name)]));
    await settle(held, Math.min(ends, performance.now() + SETTLE_MS), signal);
    const settled = ends > performance.now() || [...held.values()].every(({ number }) => number === 0);
    if (settled && !signal.aborted) note("holds", ...[...held].map(([name, { number }]) => `${name}=${number}`));
    const left = Math.max(0, ends - performance.now());
    await sleep(left, undefined, { signal }).catch(() => undefined);
    const code = signal.aborted
      ? 143
      : Number(setting("codes").split(",")[(Number(ofRun("ATTEMPT")) - 1) % setting("codes").split(",").length]);
    note("end", String(code));
    for (const { fd } of held.values()) closeSync(fd);
    if (code !== 0) throw new Error(`asked to fail with ${code}`);
    return { held: held.size };
  },
});

const SETTLE_MS = 200;
const FOLDER = process.env["SOAK_FOLDER"] ?? "";
const ofRun = (name: string): string => process.env[`JOBCTL_${name}`] ?? "";
const placeNames = (): string[] => (process.env["SOAK_PLACES"] ?? "").split(" ");
const setting = (name: string): string => new RegExp(`\\b${name}=(\\S+)`).exec(process.env["SOAK"] ?? "")?.[1] ?? "0";

interface Place {
  number: number;
  fd: number;
}

function note(...words: string[]): void {
  const [what, ...rest] = words;
  const ticks = readFileSync("/proc/self/stat", "latin1").split(") ").at(-1)?.split(" ")[19];
  appendFileSync(`${FOLDER}/evidence`, `${[what, process.hrtime.bigint(), `${process.pid}:${ticks}`, ...rest].join(" ")}\n`);
}

function claim(name: string): Place {
  for (let number = 0; ; number++) {
    const place = take(name, number);
    if (place) return place;
  }
}

/** flock(1) locks the open file that it is given, and with it ours (flock(2)). */
function take(name: string, number: number): Place | undefined {
  mkdirSync(`${FOLDER}/places`, { recursive: true });
  const fd = openSync(`${FOLDER}/places/${name}.${number}`, "a", 0o600);
  if (spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", fd] }).status === 0) return { number, fd };
  closeSync(fd);
  return undefined;
}

/** Moves down to places that become free: one that is being killed may hold a place for a moment longer. */
async function settle(held: Map<string, Place>, until: number, signal: AbortSignal): Promise<void> {
  while (performance.now() < until && !signal.aborted && [...held.values()].some(({ number }) => number > 0)) {
    for (const [name, { number, fd }] of held) {
      const lower = Array.from({ length: number }, (_, each) => each).reduce<Place | undefined>(
        (found, each) => found ?? take(name, each),
        undefined,
      );
      if (!lower) continue;
      closeSync(fd);
      held.set(name, lower);
    }
    await sleep(20);
  }
}
