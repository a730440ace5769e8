import type { RunStart, SlotState } from "../run.ts";
import type { Sqlite } from "./sqlite.ts";

const JOB_ID = "(SELECT id FROM jobs WHERE name = @job)";

/** Undefined for a job that no trigger and no installation has met yet. */
export function readSlotState(db: Sqlite, job: string): SlotState | undefined {
  const row = db
    .prepare(
      `SELECT slot_definition AS definition, slots_since AS since, slot_served AS served,
              (SELECT status FROM runs WHERE runs.job_id = job_state.job_id AND claimed_slot = slot_served) AS servedStatus
       FROM job_state WHERE job_id = ${JOB_ID} AND slot_definition IS NOT NULL`,
    )
    .get({ job });
  return row as SlotState | undefined;
}

export function readSlotDefinitions(db: Sqlite): Map<string, string> {
  const rows = db
    .prepare("SELECT name, slot_definition AS definition FROM job_state JOIN jobs ON jobs.id = job_id WHERE slot_definition IS NOT NULL")
    .all() as { name: string; definition: string }[];
  return new Map(rows.map(({ name, definition }) => [name, definition]));
}

/** The slots of a new schedule count from `since`; those served before stay served. */
export function beginSlots(db: Sqlite, { job, definition, since }: { job: string; definition: string; since: number }): void {
  db.prepare("INSERT INTO jobs (name) VALUES (?) ON CONFLICT DO NOTHING").run(job);
  db.prepare(
    `INSERT INTO job_state (job_id, slot_definition, slots_since) VALUES (${JOB_ID}, @definition, @since)
     ON CONFLICT DO UPDATE SET slot_definition = @definition, slots_since = @since`,
  ).run({ job, definition, since });
}

export function isClaimed(db: Sqlite, job: string, slot: number): boolean {
  return db.prepare(`SELECT 1 FROM runs WHERE job_id = ${JOB_ID} AND claimed_slot = @slot`).get({ job, slot }) !== undefined;
}

/** Makes the slot of a run that crashed or was cancelled free again for its redo. Returns whether the slot can be claimed. */
export function freeSlot(db: Sqlite, { job, redo }: RunStart, slot: number): boolean {
  if (redo) {
    db.prepare(
      `UPDATE runs SET claimed_slot = NULL WHERE job_id = ${JOB_ID} AND claimed_slot = @slot AND status IN ('crashed', 'cancelled')`,
    ).run({ job, slot });
    return !isClaimed(db, job, slot);
  }
  const served = db.prepare(`SELECT 1 FROM job_state WHERE job_id = ${JOB_ID} AND slot_served >= @slot`).get({ job, slot });
  return served === undefined && !isClaimed(db, job, slot);
}

/** Notes the slot on the run's row, unless another run has it, and that it is served. */
export function claimSlot(db: Sqlite, { job, key }: RunStart, slot: number): void {
  db.prepare("UPDATE OR IGNORE runs SET claimed_slot = @slot WHERE key = @key").run({ slot, key });
  db.prepare(
    `INSERT INTO job_state (job_id, slot_served) VALUES (${JOB_ID}, @slot)
     ON CONFLICT DO UPDATE SET slot_served = max(ifnull(slot_served, @slot), @slot)`,
  ).run({ job, slot });
}
