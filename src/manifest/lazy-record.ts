/** Reads one value, or all in their order, which takes less time than each alone. */
export interface Reader<Value> {
  one(name: string): Value | undefined;
  all(): [name: string, value: Value][];
}

/** A record whose values are read when they are first asked for: to whom uses it, an object like any other. */
export function lazyRecord<Value>({ one, all }: Reader<Value>): Record<string, Value> {
  const values = new Map<string | symbol, Value | undefined>();
  let names: string[] | undefined;
  const get = (name: string | symbol): Value | undefined => {
    if (!names && !values.has(name)) values.set(name, typeof name === "string" ? one(name) : undefined);
    return values.get(name);
  };
  // Who asks for the names goes through all.
  const readAll = (): string[] => {
    const read = all();
    for (const [name, value] of read) if (values.get(name) === undefined) values.set(name, value);
    return read.map(([name]) => name);
  };
  return new Proxy<Record<string, Value>>(
    {},
    {
      get: (_, name) => get(name),
      has: (_, name) => get(name) !== undefined,
      getOwnPropertyDescriptor: (_, name) =>
        get(name) === undefined ? undefined : { get: () => get(name), enumerable: true, configurable: true },
      ownKeys: () => (names ??= readAll()),
    },
  );
}
