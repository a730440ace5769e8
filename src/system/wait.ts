/** Node's timers overflow at 2^31-1 ms (24.8 days) and then fire at once. */
export const LONGEST = 2 ** 31 - 1;

/** Calls back once `ms` have passed, however long that is; returns what cancels it. */
export function after(ms: number, callback: () => void): () => void {
  const deadline = performance.now() + ms;
  const arm = (): NodeJS.Timeout =>
    setTimeout(
      () => {
        if (performance.now() + 1 < deadline) timer = arm();
        else callback();
      },
      Math.min(Math.max(0, deadline - performance.now()), LONGEST),
    );
  let timer = arm();
  return () => clearTimeout(timer);
}

/** Resolves after `ms`, or as soon as `until` does. */
export function sleep(ms: number, until?: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = after(ms, resolve);
    void until?.then(() => {
      cancel();
      resolve();
    });
  });
}
