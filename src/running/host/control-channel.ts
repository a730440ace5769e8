import type { JobEnd } from "../../job-api/perform-job.ts";
import { writeAll } from "../../system/write-all.ts";
import { CONTROL_FD, type HostMessage } from "./protocol.ts";

/** The line to the supervisor. Written synchronously: a message is out before the process can end. */
export interface ControlChannel {
  /** Passed on at most ten times a second; a last one that was held back goes out before the end. */
  progress(done: number, total?: number, text?: string): void;
  /** The one message that tells how the job ended; later ones are dropped. */
  end(end: JobEnd): void;
  readonly ended: boolean;
}

const PROGRESS_EVERY_MS = 100;

export function controlChannel(): ControlChannel {
  let ended = false;
  let heldBack: HostMessage | undefined;
  let sentAt = -Infinity;
  return {
    progress(done, total, text) {
      const message: HostMessage = {
        type: "progress",
        done,
        ...(total === undefined ? {} : { total }),
        ...(text === undefined ? {} : { text }),
      };
      if (ended) return;
      if (performance.now() - sentAt < PROGRESS_EVERY_MS) {
        heldBack = message;
        return;
      }
      sentAt = performance.now();
      heldBack = undefined;
      send(message);
    },
    end(end) {
      if (ended) return;
      if (heldBack) send(heldBack);
      ended = true;
      send({ ...end, peakBytes: process.resourceUsage().maxRSS * 1024 });
    },
    get ended() {
      return ended;
    },
  };
}

function send(message: HostMessage): void {
  writeAll(CONTROL_FD, `${JSON.stringify(message)}\n`);
}
