import { userInfo } from "node:os";

type Env = Readonly<Record<string, string | undefined>>;

/** Who calls, for records of who did what: `amy`, or `amy (as root)` through sudo. */
export function callerName({ SUDO_USER }: Env): string {
  const name = ownName();
  return SUDO_USER && SUDO_USER !== name ? `${SUDO_USER} (as ${name})` : name;
}

/** A user id may have no name in passwd(5), in containers above all. */
function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.geteuid?.() ?? "unknown"}`;
  }
}
