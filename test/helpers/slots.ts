import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import { type Ended, type World } from "./world.ts";

export const HOUR = 3_600_000;

/** A daily schedule whose slot of today was at the beginning of this minute, or so many minutes earlier, in UTC. */
export function thisMinute(earlier = 0): string {
  const now = new Date(Date.now() - earlier * 60_000);
  return `${now.getUTCMinutes()} ${now.getUTCHours()} * * *`;
}

export function changeHistory(w: World, sql: string): void {
  const database = new Database(`${w.stateDir}/history.db`);
  database.exec(sql);
  database.close();
}

export const job = (schedule: string, more = ""): string => `
  tick:
    shell: echo "$JOBCTL_SLOT $JOBCTL_PREVIOUS_SLOT $JOBCTL_TRIGGER" >> ticks; ${more}
    schedule: ${schedule}
`;

export const cron = (w: World): Promise<Ended> => w.jobctl(["run", "--trigger", "cron", "tick"]);
export const ticks = (w: World): string[] => (w.exists("ticks") ? w.read("ticks").trim().split("\n") : []);

/** Lets the job's slots count since an earlier instant, as if it had been installed then. */
export function installedSince(w: World, since: number): void {
  changeHistory(w, `UPDATE job_state SET slots_since = ${since}, slot_served = NULL`);
  rmSync(`${w.stateDir}/slots`, { recursive: true, force: true });
}
