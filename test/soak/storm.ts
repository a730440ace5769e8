import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { signalProcess } from "../../src/system/processes.ts";
import type { Arena, Started } from "./arena.ts";
import { monotonicMs, parseMark, type ProcessName } from "./evidence.ts";
import type { Plan, PlannedJob } from "./plan.ts";
import type { Random } from "./random.ts";
import { startWeather, type WeatherCount } from "./weather.ts";

export interface StormRequest {
  arena: Arena;
  plan: Plan;
  random: Random;
  seconds: number;
  /** Supervisors at once. */
  atOnce: number;
  told(state: StormState): void;
  /** Ends the storm early. */
  stop: AbortSignal;
}

export interface StormState {
  elapsed: number;
  supervisors: Started[];
  kills: Record<string, number>;
  weather: WeatherCount;
}

/** How long whoever still runs or waits after the storm may take to end by itself. */
const DRAIN_MS = 45_000;

/** Starts, strikes and weather for so many seconds, then waits until all have ended. */
export async function storm(request: StormRequest): Promise<StormState> {
  const { arena, random, seconds, atOnce, stop } = request;
  const began = monotonicMs();
  const weather = startWeather(arena, random, seconds);
  const state: StormState = { elapsed: 0, supervisors: [], kills: {}, weather: weather.count };
  const children = watchChildren(join(arena.folder, "evidence"));
  const hot = hotJobs(request.plan, random);
  for (let nextStrike = 0; state.elapsed < seconds * 1000 && !stop.aborted;) {
    state.elapsed = monotonicMs() - began;
    weather.turn(state.elapsed);
    const burst = random.between(1, 4);
    const room = atOnce - live(state).length;
    if (room > 0) startSome(request, state, { job: hot(state.elapsed), count: Math.min(burst, room) });
    if (state.elapsed >= nextStrike) {
      strike(request, state, children());
      nextStrike = state.elapsed + random.between(100, 400);
    }
    request.told(state);
    await sleep(random.between(10, 60));
  }
  weather.clear();
  await drain(request, state);
  return state;
}

const live = ({ supervisors }: StormState): Started[] => supervisors.filter((each) => !each.isOver());

function startSome({ arena, random }: StormRequest, state: StormState, { job, count }: { job: PlannedJob; count: number }): void {
  for (let n = 0; n < count; n++) {
    // Most take the short way through the program, some the long one with all options.
    const more = random.chance(0.1) ? ["--json"] : [];
    state.supervisors.push(arena.start(["run", ...more, ...(job.scheduled ? ["--trigger", "cron"] : []), job.name], job.name));
  }
}

const HOT_MS = 4000;

/** Most starts are of a few jobs, half of them of one group, others every few seconds: three hundred jobs at random would hardly ever meet. */
function hotJobs({ jobs }: Plan, random: Random): (elapsed: number) => PlannedJob {
  let [until, hot] = [0, [] as PlannedJob[]];
  return (elapsed) => {
    if (elapsed >= until) {
      const group = random.pick([...new Set(jobs.flatMap(({ places }) => places.slice(1, -1)))]);
      const members = jobs.filter(({ places }) => places.includes(group));
      hot = Array.from({ length: 8 }, (_, index) => random.pick(index % 2 === 0 ? jobs : members));
      until = elapsed + HOT_MS;
    }
    return random.pick(random.chance(0.75) ? hot : jobs);
  };
}

const STRIKES = [
  { whose: ["supervisor"], signal: "KILL" },
  { whose: ["supervisor"], signal: "KILL" },
  { whose: ["supervisor"], signal: "TERM" },
  { whose: ["supervisor"], signal: "TERM" },
  { whose: ["child"], signal: "KILL" },
  { whose: ["child"], signal: "KILL" },
  { whose: ["child"], signal: "TERM" },
  { whose: ["supervisor", "child"], signal: "KILL" },
] as const;

function strike({ arena, random }: StormRequest, state: StormState, children: readonly ProcessName[]): void {
  const { whose, signal } = random.pick(STRIKES);
  for (const each of whose) {
    const supervisors = live(state);
    const found = each === "child" ? children : supervisors.map(({ end }) => end.process);
    if (found.length === 0) continue;
    const victim = random.pick(found);
    const [pid = 0, start = 0] = victim.split(":").map(Number);
    // Noted first: whoever reads the evidence must not find an end without its reason.
    arena.note("kill", victim, signal, each);
    const hit = supervisors.find(({ end }) => end.process === victim);
    if (hit && hit.end.struck !== "KILL") hit.end.struck = signal;
    if (signalProcess({ pid, start }, `SIG${signal}`)) state.kills[`${signal} ${each}`] = (state.kills[`${signal} ${each}`] ?? 0) + 1;
  }
}

/** The processes that have told their start and not their end, by what is new in the evidence. */
function watchChildren(path: string): () => ProcessName[] {
  let [position, rest] = [0, ""];
  const running = new Set<ProcessName>();
  return () => {
    const text = rest + readFrom(path, position);
    position += Buffer.byteLength(text) - Buffer.byteLength(rest);
    const lines = text.split("\n");
    rest = lines.pop() ?? "";
    for (const mark of lines.map(parseMark)) {
      if (mark.what === "start") running.add(mark.process);
      if (mark.what === "end" || (mark.what === "kill" && mark.signal === "KILL")) running.delete(mark.process);
    }
    return [...running];
  };
}

function readFrom(path: string, position: number): string {
  const bytes = Buffer.alloc(1 << 16);
  const fd = openSync(path, "a+");
  try {
    return bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.length, position));
  } finally {
    closeSync(fd);
  }
}

async function drain({ told }: StormRequest, state: StormState): Promise<void> {
  const deadline = monotonicMs() + DRAIN_MS;
  while (live(state).length > 0 && monotonicMs() < deadline) {
    told(state);
    await sleep(50);
  }
}
