/** 32 hex digits that are the same for the same text, and for no other. node:crypto takes milliseconds, so it is loaded here. */
export function stableHash(text: string): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** The same in the form of a UUID (RFC 9562, version 8): the id of a row that two runners must not both insert. */
export function stableId(...parts: readonly string[]): string {
  const hash = stableHash(JSON.stringify(parts));
  return [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`, hash.slice(20, 32)].join("-");
}
