import { readFileSync } from "node:fs";

/** A user of this host. */
export interface User {
  name: string;
  home: string;
  uid: number;
  gid: number;
}

/**
 * The user of this process. Of passwd(5) where it is in there; else of getpwuid(3), which knows every name service and takes its
 * time. Containers run with user ids that nobody knows: such a one is called by its number.
 */
export function ownUser(uid: number): User {
  const [name, , , group, , home] = listedUser(uid) ?? [];
  if (name && home !== undefined) return { name, home, uid, gid: Number(group) };
  try {
    const { username, homedir, gid } = process.getBuiltinModule("node:os").userInfo();
    return { name: username, home: homedir, uid, gid };
  } catch {
    const { HOME } = process.env;
    return { name: String(uid), home: HOME?.startsWith("/") ? HOME : "/", uid, gid: process.getegid?.() ?? uid };
  }
}

/** The fields of a user's line in passwd(5). Every run asks for its own: no line after it is taken apart. */
export const listedUser = (uid: number): string[] | undefined =>
  passwd()
    .find((line) => line.split(":")[2] === String(uid))
    ?.split(":");

/** The home folders of this host's users, by name, after passwd(5). */
export function homeFolders(): ReadonlyMap<string, string> {
  const users = passwd().map((line) => line.split(":"));
  return new Map(users.flatMap(([name, , , , , home]) => (name && home?.startsWith("/") ? [[name, home] as const] : [])));
}

const passwd = (): string[] => readFileSync("/etc/passwd", "utf8").split("\n");
