/** A unit's settings by section and key, in order; a repeated key has several values. */
export type Unit = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/**
 * Reads a unit file with its drop-ins behind it, as `systemctl cat` prints them (systemd.syntax(7)): comments, lines that go
 * on behind a backslash, and an empty value that takes back what was set before.
 */
export function readUnit(text: string): Unit {
  const unit = new Map<string, Map<string, string[]>>();
  let section = new Map<string, string[]>();
  for (const line of logicalLines(text)) {
    const [, name] = /^\[(.+)\]$/.exec(line) ?? [];
    if (name !== undefined) {
      section = unit.get(name) ?? new Map<string, string[]>();
      unit.set(name, section);
      continue;
    }
    const equals = line.indexOf("=");
    if (equals < 1) continue;
    const [key, value] = [line.slice(0, equals).trim(), line.slice(equals + 1).trim()];
    section.set(key, value === "" ? [] : [...(section.get(key) ?? []), value]);
  }
  return unit;
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open = false;
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    if (/^[#;]/.test(line) || (line === "" && !open)) continue;
    const goesOn = line.endsWith("\\");
    const part = goesOn ? `${line.slice(0, -1)} ` : line;
    if (open) lines[lines.length - 1] += part;
    else lines.push(part);
    open = goesOn;
  }
  return lines.map((line) => line.trim());
}

export function valuesOf(unit: Unit, section: string, key: string): readonly string[] {
  return unit.get(section)?.get(key) ?? [];
}

/** The value that counts where a key may be set once: the last one. */
export function valueOf(unit: Unit, section: string, key: string): string | undefined {
  return valuesOf(unit, section, key).at(-1);
}

/** A boolean of systemd.syntax(7); anything else is false. */
export function isTrue(value: string | undefined): boolean {
  return /^(?:1|y|yes|t|true|on)$/i.test(value ?? "");
}
