/** Lets others have their turn: signals, timers, what came in. Node's module is loaded by the first that needs it, not by every start. */
export const turn = (): Promise<void> => process.getBuiltinModule("node:timers/promises").setImmediate();
