/**
 * Waits until what the job printed is written, where it printed by Node's streams. Call it first of all: it finds out
 * whether they are used, since making them just to ask would cost more than the rest of the host.
 */
export function watchOutput(): { written(): Promise<void> } {
  const used = (["stdout", "stderr"] as const).map((name) => watchGetter(name));
  return {
    async written() {
      for (const stream of used.flatMap((get) => get() ?? [])) {
        if (stream.writableLength > 0 && !stream.destroyed) await new Promise<void>((done) => stream.write("", () => done()));
      }
    },
  };
}

/** process.stdout and process.stderr are getters that make the stream at the first call. */
function watchGetter(name: "stdout" | "stderr"): () => NodeJS.WriteStream | undefined {
  const made: { stream?: NodeJS.WriteStream } = {};
  const { get } = Object.getOwnPropertyDescriptor(process, name) ?? {};
  if (!get) return () => process[name];
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get: () => (made.stream ??= get.call(process) as NodeJS.WriteStream),
  });
  return () => made.stream;
}
