/**
 * Text for the command part of a crontab line: cron ends the command at an unescaped % and turns \% into % (crontab(5)), and
 * Debian's also turns \\ into \. Throws on line breaks, which no line of a crontab can hold.
 */
export function crontabQuote(command: string): string {
  if (/[\n\0]/.test(command)) throw new RangeError("a crontab line can't hold a line break or a NUL byte");
  return command.replaceAll("\\", "\\\\").replaceAll("%", "\\%");
}
