/** Lets others have their turn: signals, timers, what came in. By itself, since `node:timers/promises` is loaded by no start that need not. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
