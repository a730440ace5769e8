/** A record whose values are read when they are first asked for: to whom uses it, an object like any other. */
export function lazyRecord<Value>(names: readonly string[], read: (name: string) => Value): Record<string, Value> {
  const known = new Set<string | symbol>(names);
  const values: Record<string | symbol, Value> = {};
  const get = (name: string | symbol): Value | undefined => (known.has(name) ? (values[name] ??= read(name as string)) : undefined);
  return new Proxy(values, {
    get: (_, name) => get(name),
    has: (_, name) => known.has(name),
    ownKeys: () => [...known],
    getOwnPropertyDescriptor: (_, name) => (known.has(name) ? { get: () => get(name), enumerable: true, configurable: true } : undefined),
  });
}
