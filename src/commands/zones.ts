import type { CommandContext } from "../context.ts";
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

function zoneOr(name: string, other: Zone): Zone {
  const zone = findZone(name);
  return isProblem(zone) ? other : zone;
}
