import type { TargetKind } from "../timer-target.ts";
import { CRONTAB_BLOCK } from "./crontab-place.ts";
import { fileSteps, findFiles, putFilesBack, type TimerFolder } from "./timer-files.ts";
import { TEXTS_ONLY, type TimerPlace } from "./timer-place.ts";

/** Which names a target's files have: those of another, written into the same folder, stay. */
const IS_CANDIDATE: Record<TargetKind, (name: string) => boolean> = {
  systemd: (name) => /^[A-Za-z0-9_-]+@?\.(service|timer)$/.test(name),
  crontab: (name) => name === CRONTAB_BLOCK,
  "cron.d": (name) => name !== CRONTAB_BLOCK && /^[A-Za-z0-9_-]+$/.test(name),
};

/** A folder of the caller's: files are written there, and nothing is started. */
export function outputPlace(path: string, { kind, manifestPath }: { kind: TargetKind; manifestPath: string }): TimerPlace {
  const folder: TimerFolder = {
    path,
    manifestPath,
    isCandidate: IS_CANDIDATE[kind],
    ownerOf: (text) => /^(?:X-Jobctl-Manifest=|# BEGIN [a-z0-9-]+ )(\/.*)$/m.exec(text)?.[1],
  };
  return {
    id: "output",
    title: path,
    ...TEXTS_ONLY,
    find: async (names) => findFiles(folder, names),
    put: ({ changes }) => fileSteps(path, changes),
    activate: () => [],
    putBack: async ({ changes }) => putFilesBack(path, changes),
  };
}
