import type { CommandContext } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { isProblem } from "../schedule/schedule.ts";
import { UTC, type Zone, findZone } from "../schedule/zone.ts";
import { hostZoneName } from "../system/host-zone.ts";

/** The zone of this machine's clock. */
export function hostZone(): Zone {
  return zoneOr(hostZoneName(), UTC);
}

/** The zone in which whoever looks reads the clock: TZ, else the machine's. */
export function hereZone({ TZ }: CommandContext["env"]): Zone {
  return TZ ? zoneOr(TZ.replace(/^:/, ""), hostZone()) : hostZone();
}

/** The zone of `--timezone`, else the machine's. Throws JobctlError("usage") for one that is not known. */
export function zoneOption(name: string | undefined): Zone {
  const zone = name === undefined ? hostZone() : findZone(name);
  if (isProblem(zone)) throw new JobctlError("usage", `--timezone: ${zone.problem}`);
  return zone;
}

function zoneOr(name: string, other: Zone): Zone {
  const zone = findZone(name);
  return isProblem(zone) ? other : zone;
}
