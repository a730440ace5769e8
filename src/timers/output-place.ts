import { fileSteps, findFiles, putFilesBack, type TimerFolder } from "./timer-files.ts";
import type { TimerPlace } from "./timer-place.ts";

/** A folder of the caller's: files are written there, and nothing is started. */
export function outputPlace(path: string, manifestPath: string): TimerPlace {
  const folder: TimerFolder = {
    path,
    manifestPath,
    isCandidate: (name) => /^[A-Za-z0-9_-]+(@?\.(service|timer))?$/.test(name),
    ownerOf: (text) => /^(?:X-Jobctl-Manifest=|# BEGIN [a-z0-9-]+ )(\/.*)$/m.exec(text)?.[1],
  };
  return {
    id: "output",
    title: path,
    find: async (names) => findFiles(folder, names),
    states: async () => () => undefined,
    check: async () => undefined,
    ready: () => undefined,
    put: ({ changes }) => fileSteps(path, changes),
    activate: () => [],
    putBack: async ({ changes }) => putFilesBack(path, changes),
  };
}
