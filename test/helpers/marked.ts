import { readFileSync, readdirSync } from "node:fs";

/** Commands of all processes whose environment carries this text. */
export function marked(mark: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1");
        return environment.includes(mark) ? [readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim()] : [];
      } catch {
        return [];
      }
    })
    .filter((command) => command !== "");
}
