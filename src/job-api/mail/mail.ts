import type { MailBlock } from "./render.ts";

/** One mail to one person. */
export interface Mail {
  /** One mail is sent per key, ever, whoever asks for it and how often. The Message-ID is made from it too. */
  key: string;
  /** For `outbox.kind`: `payment-reminder`. */
  kind: string;
  to: Recipient;
  subject: string;
  /** From these both the text and the HTML part are made. */
  blocks: readonly MailBlock[];
  /** Mail that many get: it carries List-Unsubscribe (RFC 2369, RFC 8058). */
  bulk?: BulkMail;
}

export interface Recipient {
  address: string;
  name?: string | null | undefined;
}

export interface BulkMail {
  /** An https address where one POST unsubscribes, or any other URL, with `{address}` for the recipient's; without it the sender's own address is named. */
  unsubscribe?: string | undefined;
}

/**
 * How sending ended. `already-sent`: by this or another run, earlier. `elsewhere`: another run is sending it right now.
 * `refused`: the server will never take it (5xx). `deferred`: it would not take it now (4xx, or the connection broke).
 * `unreachable`: there is no server to ask (connection, TLS, login, sender refused); every other mail would end so too.
 * A mail that was deferred or found no server is sent by the next call with its key.
 */
export type MailOutcome =
  { status: "sent" | "already-sent" | "elsewhere" } | { status: "refused" | "deferred" | "unreachable"; reason: string };

/**
 * Sends the mail of a job by the manifest's `mail:`, and keeps its counts: `emailsSent`, and `alreadySentCount` for what
 * was not sent again. In a dry run nothing is sent or written, and answer and counts say what would be.
 */
export interface Mailer {
  /** Resolves with what became of it; throws JobctlError where it was not sent. Rejects with the signal's reason when the run is cancelled. */
  send(mail: Mail): Promise<"sent" | "already-sent" | "elsewhere">;
  /** The same as a value, for a job that has its own way with what was not sent. `tries` is how often, instead of the mail URL's. */
  attempt(mail: Mail, options?: { tries?: number }): Promise<MailOutcome>;
  /** Why no mail can be sent now, or undefined where the server answers (and takes our login). */
  whyUnreachable(): Promise<string | undefined>;
  /** How many mails were sent since an instant, by all jobs: for a rate limit. */
  sentSince(instant: Date): Promise<number>;
}

/** A mail as its recipient gets it, for tests. */
export interface SentMail {
  /** The address. */
  to: string;
  subject: string;
  text: string;
  html: string;
  messageId: string;
  headers: Record<string, string>;
}
