import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { ownGroupPath } from "./control-group.ts";

/** A manager that does not answer must not hold up a timer. */
const PATIENCE_MS = 5000;

/**
 * Was the unit of this process started by somebody else than its timer? systemd 252 gives a service that stays loaded the mark of its
 * timer's first start at every later start too, also at one by hand. But what the timer started last has ended where the
 * service became inactive after the timer's last trigger. False where that can't be known.
 */
export function isStartedByHand(env: Readonly<Record<string, string | undefined>>): boolean {
  const timer = env["TRIGGER_UNIT"] ?? "";
  const group = ownGroupPath();
  const service = basename(group);
  if (service !== timer.replace(/\.timer$/, ".service")) return false;
  const manager = /\/user@\d+\.service\//.test(group) ? ["--user"] : [];
  const properties = "--property=LastTriggerUSec,InactiveEnterTimestamp";
  const { stdout } = spawnSync("systemctl", [...manager, "show", "--timestamp=us+utc", properties, "--", timer, service], {
    env: { ...env, LC_ALL: "C", SYSTEMD_PAGER: "" },
    encoding: "utf8",
    timeout: PATIENCE_MS,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [ofTimer = "", ofService = ""] = (stdout ?? "").split("\n\n");
  const [, triggered] = /^LastTriggerUSec=\S+ (.+)$/m.exec(ofTimer) ?? [];
  const [, ended] = /^InactiveEnterTimestamp=\S+ (.+)$/m.exec(ofService) ?? [];
  // Dates and times of one length are in the order of their text.
  return triggered !== undefined && ended !== undefined && ended > triggered;
}
