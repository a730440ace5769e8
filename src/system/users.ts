import { readFileSync } from "node:fs";

/** A user of this host. */
export interface User {
  name: string;
  home: string;
  uid: number;
  gid: number;
}

/** The calling user's name. */
export function callerName(): string {
  return ownUser(process.geteuid?.() ?? 0).name;
}

/** The user of this process. Of passwd(5) where it is in there; else of getpwuid(3), which knows every name service and takes its time. */
export function ownUser(uid: number): User {
  const [, name, group, home] =
    new RegExp(`^([^:\n]+):[^:\n]*:${uid}:(\\d+):[^:\n]*:([^:\n]*):`, "m").exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  if (name && home !== undefined) return { name, home, uid, gid: Number(group) };
  const { username, homedir, gid } = process.getBuiltinModule("node:os").userInfo();
  return { name: username, home: homedir, uid, gid };
}

/** The home folders of this host's users, by name, after passwd(5). */
export function homeFolders(): ReadonlyMap<string, string> {
  const homes = new Map<string, string>();
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [name, , , , , home] = line.split(":");
    if (name && home?.startsWith("/")) homes.set(name, home);
  }
  return homes;
}
