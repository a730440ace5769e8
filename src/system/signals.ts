/** As kill(2) takes it; 0 for what is none. */
export function signalNumber(signal: string): number {
  return process.getBuiltinModule("node:os").constants.signals[signal as NodeJS.Signals] ?? 0;
}

/** Undefined for a number without a name, such as that of a real-time signal. */
export function signalName(number: number): NodeJS.Signals | undefined {
  const { signals } = process.getBuiltinModule("node:os").constants;
  return (Object.keys(signals) as NodeJS.Signals[]).find((name) => signals[name] === number);
}

/** What asks a program to end. */
export const ENDING = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Requests to end, as signals to this process. While they are listened for, they no longer end it. */
export interface EndRequests {
  readonly first: Promise<NodeJS.Signals>;
  /** The first one that came, if any came. */
  readonly received: NodeJS.Signals | undefined;
  forget(): void;
}

export function listenForEnd(): EndRequests {
  let received: NodeJS.Signals | undefined;
  let resolve: (signal: NodeJS.Signals) => void;
  const first = new Promise<NodeJS.Signals>((resolveFirst) => {
    resolve = resolveFirst;
  });
  const hear = (signal: NodeJS.Signals): void => {
    received ??= signal;
    resolve(signal);
  };
  for (const signal of ENDING) process.on(signal, hear);
  return {
    first,
    get received() {
      return received;
    },
    forget() {
      for (const signal of ENDING) process.off(signal, hear);
    },
  };
}
