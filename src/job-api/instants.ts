/** The instant so many milliseconds before another. */
export function ago(now: Date, milliseconds: number): Date {
  return new Date(now.getTime() - milliseconds);
}
