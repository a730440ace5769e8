import { connect } from "node:net";
import type { CheckOf } from "./checks.ts";
import type { ProbeContext, Verdict } from "./verdict.ts";

/** The status, and the body where it is asked for. */
export async function checkHttp({ url, status, match }: CheckOf<"http">, { signal }: ProbeContext): Promise<Verdict> {
  const wanted = match === undefined ? undefined : new RegExp(match);
  const response = await fetch(url, { signal, redirect: "manual", headers: { "user-agent": "jobctl health-check" } });
  if (response.status !== status) return { status: "down", detail: `status ${response.status} instead of ${status}` };
  if (!wanted) {
    await response.body?.cancel();
    return { status: "ok", detail: `status ${status}` };
  }
  const body = await front(response);
  if (wanted.test(body)) return { status: "ok", detail: `status ${status}, the body matches` };
  return { status: "down", detail: `status ${status}, but the body does not match ${match}: ${JSON.stringify(body.slice(0, 80))}` };
}

const FRONT = 1_000_000;

/** The first megabyte: a body without end must not fill the memory. */
async function front({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= FRONT) break;
  }
  return text;
}

export async function checkTcp({ host, port }: CheckOf<"tcp">, { signal }: ProbeContext): Promise<Verdict> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once("connect", resolve).once("error", reject);
    socket.once("connect", () => socket.destroy());
  });
  return { status: "ok", detail: `port ${port} takes connections` };
}
