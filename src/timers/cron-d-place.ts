import { utimesSync } from "node:fs";
import { sleep } from "../system/wait.ts";
import { fileSteps, findFiles, putFilesBack, type TimerFolder } from "./timer-files.ts";
import { type Step, TEXTS_ONLY, type TimerPlace } from "./timer-place.ts";

const CRON_D = "/etc/cron.d";

/** A file in /etc/cron.d, whose first line says whose it is. */
export function cronDPlace({ manifestPath }: { manifestPath: string }): TimerPlace {
  return {
    id: "cron.d",
    title: CRON_D,
    ...TEXTS_ONLY,
    find: async (names) => findFiles(cronFolder(CRON_D, manifestPath), names),
    put: ({ changes }) => fileSteps(CRON_D, changes),
    activate: ({ changes }) => (changes.length === 0 ? [] : [noticed()]),
    putBack: async ({ changes }) => putFilesBack(CRON_D, changes),
  };
}

/** cron reads only names without a dot (cron(8)). */
function cronFolder(path: string, manifestPath: string): TimerFolder {
  return {
    path,
    manifestPath,
    isCandidate: (name) => /^[A-Za-z0-9_-]+$/.test(name),
    ownerOf: (text) => /^# BEGIN [a-z0-9-]+ (\/.*)$/m.exec(text)?.[1],
  };
}

/** cron compares whole seconds, and would not notice what is placed in the very second in which it last looked. */
function noticed(): Step {
  return {
    name: "make cron look again",
    async run() {
      await sleep(1100);
      const now = new Date();
      utimesSync(CRON_D, now, now);
    },
  };
}
