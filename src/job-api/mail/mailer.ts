import { setTimeout as sleep } from "node:timers/promises";
import type { Kysely } from "kysely";
import { JobctlError } from "../../errors.ts";
import type { AppDatabase } from "../database/app-tables.ts";
import { readTrouble, type Trouble } from "./delivery.ts";
import type { Mail, Mailer, MailOutcome } from "./mail.ts";
import { isAddress, parseMailUrl } from "./mail-url.ts";
import { composeMessage, type Message } from "./message.ts";
import { openOutbox, type Outbox } from "./outbox.ts";
import { openTransport, type Transport } from "./transport.ts";

/** What the mailer needs of its run. */
export interface MailerPorts {
  db: Kysely<AppDatabase>;
  /** The run's time, moving on. */
  clock(): Date;
  dryRun: boolean;
  signal: AbortSignal;
  /** Keeps `emailsSent` and `alreadySentCount`. */
  count(name: string, amount?: number): void;
  /** Another way to send than the URL's, for a test. */
  openTransport?(): Transport;
}

/** One try ends within this, however slowly a server answers; the lease outlives it, so that nobody takes over what is being sent. */
const LONGEST_TRY_MS = 120_000;
const LEASE_MS = 180_000;
/** A mail under way when the run is cancelled has this long to be finished; half a mail would have to be sent twice. */
const GRACE_MS = 5000;

export interface OpenMailer extends Mailer {
  close(): void;
}

/** Throws JobctlError (config) for a mail URL that is wrong. Nothing is connected before the first mail. */
export function openMailer(url: string, ports: MailerPorts): OpenMailer {
  const server = parseMailUrl(url);
  const outbox = openOutbox(ports.db, { clock: ports.clock, lease: LEASE_MS });
  const transport = ports.openTransport?.() ?? openTransport(server);
  const state: { down?: string } = {};

  async function deliver(message: Message, key: string, tries: number): Promise<Trouble | undefined> {
    for (let tried = 1; ; tried += 1) {
      await outbox.renew(key);
      const trouble = await deliverOnce(transport, message, ports.signal).then(
        () => undefined,
        (error: unknown) => readTrouble(error, server),
      );
      if (!trouble?.again || tried >= tries || ports.signal.aborted) return trouble;
      await sleep(server.retryPause * 4 ** (tried - 1), undefined, { signal: ports.signal });
    }
  }

  /** A connection that broke: is the server gone for all, or was it this mail? */
  async function isGone({ kind, again }: Trouble): Promise<boolean> {
    if (kind !== "deferred" || !again || ports.signal.aborted) return kind === "unreachable";
    return transport.verify().then(
      () => false,
      () => true,
    );
  }

  async function attempt(mail: Mail, options?: { tries?: number }): Promise<MailOutcome> {
    const outcome = await attemptOnce(mail, options);
    if (!("reason" in outcome)) ports.count(outcome.status === "sent" ? "emailsSent" : "alreadySentCount");
    return outcome;
  }

  async function attemptOnce(mail: Mail, { tries = server.tries } = {}): Promise<MailOutcome> {
    ports.signal.throwIfAborted();
    if (!isAddress(mail.to.address)) return { status: "refused", reason: `"${mail.to.address}" is no mail address` };
    const message = composeMessage(mail, server, ports.clock());
    const claim = ports.dryRun ? await outbox.look(mail.key) : await outbox.claim(mail, message.text);
    if (claim.status === "refused") return claim;
    if (claim.status !== "ours") return { status: claim.status === "sent" ? "already-sent" : "elsewhere" };
    if (ports.dryRun) return { status: "sent" };
    if (state.down !== undefined) return settle(outbox, mail.key, { kind: "unreachable", reason: state.down, again: false });
    return underClaim(mail.key, async () => {
      const trouble = await deliver(message, mail.key, tries);
      if (!trouble) return settle(outbox, mail.key, undefined);
      if (!(await isGone(trouble))) return settle(outbox, mail.key, trouble);
      state.down = trouble.reason;
      return settle(outbox, mail.key, { ...trouble, kind: "unreachable" });
    });
  }

  /** Whatever goes wrong, a cancelled wait too, the claim does not stay behind. */
  async function underClaim(key: string, work: () => Promise<MailOutcome>): Promise<MailOutcome> {
    try {
      return await work();
    } catch (error) {
      await outbox.release(key, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  return {
    attempt,
    async send(mail) {
      const outcome = await attempt(mail);
      ports.signal.throwIfAborted();
      if (!("reason" in outcome)) return outcome.status;
      throw new JobctlError("failed", `mail to ${mail.to.address}: ${TOLD[outcome.status]}: ${outcome.reason}`);
    },
    whyUnreachable: async () =>
      transport.verify().then(
        () => undefined,
        (error: unknown) => readTrouble(error, server).reason,
      ),
    sentSince: outbox.sentSince,
    close: transport.close,
  };
}

const TOLD = {
  refused: "refused for good",
  deferred: "not taken now; the next run tries again",
  unreachable: "the mail server can't be used; the next run tries again",
} as const;

async function deliverOnce(transport: Transport, message: Message, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const tooLong = setTimeout(() => stop.abort(), LONGEST_TRY_MS);
  const onCancel = (): void => void setTimeout(() => stop.abort(), GRACE_MS).unref();
  signal.addEventListener("abort", onCancel, { once: true });
  try {
    await transport.deliver(message, stop.signal);
  } finally {
    clearTimeout(tooLong);
    signal.removeEventListener("abort", onCancel);
  }
}

async function settle(outbox: Outbox, key: string, trouble: Trouble | undefined): Promise<MailOutcome> {
  if (!trouble) {
    await outbox.sent(key);
    return { status: "sent" };
  }
  const { kind, reason } = trouble;
  await (kind === "refused" ? outbox.refused(key, reason) : outbox.release(key, reason));
  return { status: kind, reason };
}
