/** What Node says of a user's own `.ts` is of no use in a run's log: on 22 that stripping types is experimental, and that a folder has no package.json. */
export function quietWarnings(): void {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const text = typeof warning === "string" ? warning : warning.message;
    const code = typeof rest[0] === "object" ? (rest[0] as { code?: string } | null)?.code : rest[1];
    if (text.startsWith("Type Stripping is") || code === "MODULE_TYPELESS_PACKAGE_JSON") return;
    emit(warning, ...rest);
  }) as typeof process.emitWarning;
}
