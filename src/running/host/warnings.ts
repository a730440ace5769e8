/**
 * What Node says of its own experiments, and of a user's `.ts` without a package.json, is of no use in a run's log. As an option of
 * Node's (`--disable-warning`) it is a thirtieth of a start.
 */
export function quietWarnings(): void {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const [given, second] = rest;
    const { type, code } = typeof given === "object" ? ((given ?? {}) as Kind) : ({ type: given, code: second } as Kind);
    const name = typeof warning === "string" ? type : warning.name;
    if (name === "ExperimentalWarning" || code === "MODULE_TYPELESS_PACKAGE_JSON") return;
    emit(warning, ...rest);
  }) as typeof process.emitWarning;
}

interface Kind {
  type?: unknown;
  code?: unknown;
}
