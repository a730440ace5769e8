import { ownUser } from "./users.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Who calls, for records of who did what: `amy`, or `amy (as root)` through sudo. */
export function callerName({ SUDO_USER }: Env, uid: number): string {
  const { name } = ownUser(uid);
  return SUDO_USER && SUDO_USER !== name ? `${SUDO_USER} (as ${name})` : name;
}
