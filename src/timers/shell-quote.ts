/**
 * A word for sh(1) that it takes literally: as it is where nothing in it means anything to a shell, else in single quotes.
 * Throws on NUL, which no argument can hold.
 */
export function shellQuote(text: string): string {
  if (text.includes("\0")) throw new RangeError("an argument can't hold a NUL byte");
  return /^[A-Za-z0-9_/.,:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
