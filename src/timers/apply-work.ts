import { isJobctlError, JobctlError } from "../errors.ts";
import { randomHex16 } from "../system/processes.ts";
import type { TimerPlace, TimerWork } from "./timer-place.ts";
import type { AppliedRecord, TimerRecords } from "./timer-records.ts";

export interface ApplyOptions {
  records: TimerRecords;
  /** All that will be there, by name. */
  texts: Record<string, string>;
  /** Between the texts and their first start: the history learns from when on slots count. */
  registerSlots(): void;
  /** Called after each step, with its name. */
  afterStep?: ((name: string) => void) | undefined;
}

/**
 * Does the work, all or nothing: a step that fails puts everything back, and after a kill between any two steps `recover`
 * does so.
 */
export async function applyWork(
  work: TimerWork,
  place: TimerPlace,
  { records, texts, registerSlots, afterStep }: ApplyOptions,
): Promise<void> {
  const id = randomHex16();
  const steps = [...place.put(work), { name: "register slots", run: async () => registerSlots() }, ...place.activate(work)];
  records.begin({ id, work });
  afterStep?.("begin the journal");
  try {
    for (const step of steps) {
      await step.run();
      afterStep?.(step.name);
    }
    records.commit({ id, texts, ...replacedBy(work, records) });
  } catch (error) {
    await putBack(place, work, error);
    records.drop();
    throw isJobctlError(error) ? new JobctlError(error.code, `${error.message}\neverything was put back`, error) : error;
  }
  afterStep?.("commit");
  records.drop();
  afterStep?.("drop the journal");
}

/** What can't be put back now is put back by the next call: its journal stays. */
async function putBack(place: TimerPlace, work: TimerWork, error: unknown): Promise<void> {
  try {
    await place.putBack(work);
  } catch (second) {
    const [first, then] = [error, second].map((each) => (each instanceof Error ? each.message : String(each)));
    throw new JobctlError("unavailable", `${first}\nwhat was done could not be put back (${then}); the next call tries again`, second);
  }
}

/** An apply that only starts what somebody had stopped replaces nothing. */
function replacedBy({ changes, before }: TimerWork, records: TimerRecords): Pick<AppliedRecord, "replaced" | "states"> {
  const { replaced, states } = (changes.length === 0 ? records.applied() : undefined) ?? {
    replaced: Object.fromEntries(changes.map(({ name, before: text }) => [name, text])),
    states: before,
  };
  return { replaced, states };
}

/** Ends what an earlier call began and could not end: takes it back, or, where only tidying up was left, tidies up. */
export async function recover(place: TimerPlace, records: TimerRecords): Promise<"nothing" | "put back" | "tidied up"> {
  const journal = records.journal();
  if (journal === undefined) return "nothing";
  const isDone = records.applied()?.id === journal.id;
  if (!isDone) await place.putBack(journal.work);
  records.drop();
  return isDone ? "tidied up" : "put back";
}
