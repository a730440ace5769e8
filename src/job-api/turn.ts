// Node's module is loaded by the first that needs it, not by every start.
const timers = (): typeof import("node:timers/promises") => process.getBuiltinModule("node:timers/promises");

/** Lets others have their turn: signals, timers, what came in. */
export const turn = (): Promise<void> => timers().setImmediate();

/** Rejects once the signal is given. */
export const sleep = (milliseconds: number, signal: AbortSignal): Promise<void> => timers().setTimeout(milliseconds, undefined, { signal });
