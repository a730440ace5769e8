import { readFileSync, readlinkSync } from "node:fs";

/**
 * The zone of this machine's clock, by which cron and systemd go: where /etc/localtime points to (localtime(5)), else what
 * /etc/timezone says, else UTC.
 */
export function hostZoneName(): string {
  return linkedZone() ?? namedZone() ?? "UTC";
}

function linkedZone(): string | undefined {
  try {
    return /zoneinfo\/(.+)$/.exec(readlinkSync("/etc/localtime"))?.[1];
  } catch {
    return undefined;
  }
}

function namedZone(): string | undefined {
  try {
    return readFileSync("/etc/timezone", "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
