import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import type { Mail } from "../../../src/job-api/mail/mail.ts";
import { type MailerPorts, type OpenMailer, openMailer } from "../../../src/job-api/mail/mailer.ts";
import { appDatabase, type TestDatabase } from "../../helpers/databases.ts";
import { type SmtpScript, smtpUrl, startRaw, startSmtp } from "../../helpers/smtp.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const NOW = new Date("2026-11-22T03:00:00.000Z");
const MAIL: Mail = {
  key: "payment-reminder:p1:2026-11-22",
  kind: "payment-reminder",
  to: { address: "ann@example.com", name: "Ann Ätna" },
  subject: "Open balance of Bridge",
  blocks: [
    "Hello <Ann> & all",
    { items: ["first", "second"] },
    { facts: { Balance: "$12.00" } },
    { link: "https://example.com/?a=1&b=2", label: "Pay" },
  ],
};

async function database(dialect: (typeof DIALECTS)[number] = "sqlite"): Promise<TestDatabase> {
  const made = await appDatabase(dialect);
  closing.push(() => made.db.destroy());
  return made;
}

function mailer(url: string, { db }: TestDatabase, ports: Partial<MailerPorts> = {}): OpenMailer {
  const made = openMailer(url, { db, clock: () => NOW, dryRun: false, signal: new AbortController().signal, count: () => {}, ...ports });
  closing.push(made.close);
  return made;
}

async function smtp(script?: SmtpScript) {
  const server = await startSmtp(script);
  closing.push(server.close);
  return server;
}

async function rows({ db }: TestDatabase) {
  return db.selectFrom("outbox").select(["dedupe_key", "status", "recipient", "sent_at", "error_message"]).execute();
}

describe.each(DIALECTS)("the mailer with its outbox on %s", (dialect) => {
  it("sends one mail per key, however often it is asked, and remembers it", async () => {
    const [data, server] = [await database(dialect), await smtp()];
    const first = mailer(server.url(), data);
    expect(await first.send(MAIL)).toBe("sent");
    expect(await first.send(MAIL)).toBe("already-sent");
    expect(await mailer(server.url(), data).send({ ...MAIL, subject: "another" })).toBe("already-sent");
    expect(await first.send({ ...MAIL, key: "other" })).toBe("sent");
    expect(server.mails.map(({ from, to }) => `${from} > ${String(to)}`)).toEqual(Array(2).fill("jobs@example.com > ann@example.com"));
    expect(new Set(server.mails.map(({ messageId }) => messageId)).size).toBe(2);
    expect(server.connections()).toBe(1);
    expect((await rows(data))[0]).toEqual({
      dedupe_key: MAIL.key,
      status: "sent",
      recipient: "ann@example.com",
      sent_at: NOW.toISOString(),
      error_message: null,
    });
    expect(await first.sentSince(new Date(NOW.getTime() - 1))).toBe(2);
    expect(await first.sentSince(NOW)).toBe(0);
  });

  it("sends once where two runners ask at the same time", async () => {
    const [data, server] = [await database(dialect), await smtp({ beforeAnswer: () => pause(150) })];
    const outcomes = await Promise.all([mailer(server.url(), data).send(MAIL), mailer(server.url(), data).send(MAIL)]);
    expect(outcomes.toSorted()).toEqual(["elsewhere", "sent"]);
    expect(server.mails).toHaveLength(1);
  });

  it("takes over what a dead worker left when its lease has ended, with the same Message-ID, and not before", async () => {
    const [data, server] = [await database(dialect), await smtp()];
    await mailer(server.url(), data).send(MAIL);
    await data.db.updateTable("outbox").set({ status: "queued", sent_at: null, error_message: null }).execute();
    const at = (seconds: number) => mailer(server.url(), data, { clock: () => new Date(NOW.getTime() + seconds * 1000) });
    expect(await at(180).send(MAIL)).toBe("elsewhere");
    expect(await at(180.001).send(MAIL)).toBe("sent");
    expect(server.mails).toHaveLength(2);
    expect(server.mails[0]?.messageId).toBe(server.mails[1]?.messageId);
  });

  it("says in a dry run what it would do, and does nothing", async () => {
    const [data, server] = [await database(dialect), await smtp()];
    const dry = mailer(server.url(), data, { dryRun: true });
    expect(await dry.send(MAIL)).toBe("sent");
    expect(await rows(data)).toEqual([]);
    await mailer(server.url(), data).send(MAIL);
    expect(await dry.send(MAIL)).toBe("already-sent");
    expect(server.mails).toHaveLength(1);
  });
});

describe("the mailer by SMTP", () => {
  it("tries again on 4xx, and then sends once", async () => {
    const server = await smtp({ recipient: (_, asked) => (asked < 3 ? { code: 451, text: "greylisted" } : undefined) });
    expect(await mailer(server.url(), await database()).send(MAIL)).toBe("sent");
    expect(server.mails).toHaveLength(1);
  });

  it("leaves a mail that is not taken now to the next run", async () => {
    const data = await database();
    const server = await smtp({ recipient: (_, asked) => (asked < 4 ? { code: 451, text: "greylisted" } : undefined) });
    await expect(mailer(server.url(), data).send(MAIL)).rejects.toThrow(
      /^mail to ann@example.com: not taken now; the next run tries again: .*451.*greylisted$/,
    );
    expect(await rows(data)).toMatchObject([{ status: "queued", error_message: expect.stringContaining("451") }]);
    expect(await mailer(server.url(), data).send(MAIL)).toBe("sent");
  });

  it("tries once on 5xx, and never again, while other mails go out", async () => {
    const asked: string[] = [];
    const server = await smtp({
      recipient(address) {
        asked.push(address);
        return address === "gone@example.com" ? { code: 550, text: "no such user" } : undefined;
      },
    });
    const [data, gone] = [await database(), { ...MAIL, key: "gone", to: { address: "gone@example.com" } }];
    const sending = mailer(server.url(), data);
    await expect(sending.send(gone)).rejects.toThrow(/^mail to gone@example.com: refused for good: .*550.*no such user$/);
    await expect(sending.send(gone)).rejects.toThrow(/refused for good/);
    expect(await sending.send(MAIL)).toBe("sent");
    expect(asked).toEqual(["gone@example.com", "ann@example.com"]);
    expect((await rows(data))[0]).toMatchObject({ status: "failed" });
  });

  it("asks a server that is not there three times, and then no more in this run", async () => {
    const server = await startRaw((socket) => socket.destroy());
    closing.push(server.close);
    const [data, sending] = [await database(), mailer(smtpUrl(server.port), await database())];
    expect(await sending.attempt(MAIL)).toMatchObject({ status: "unreachable" });
    const asked = server.connections();
    expect(asked).toBe(4);
    expect(await sending.attempt({ ...MAIL, key: "next" })).toMatchObject({ status: "unreachable" });
    expect(server.connections()).toBe(asked);
    await server.close();
    expect(await mailer(smtpUrl(server.port), data).attempt(MAIL)).toMatchObject({
      status: "unreachable",
      reason: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("does not wait for ever for a server that stalls", async () => {
    const server = await startRaw((socket) => socket.write("220 here\r\n"));
    closing.push(server.close);
    const began = performance.now();
    const outcome = await mailer(smtpUrl(server.port, "&tries=1&socketTimeout=200ms"), await database()).attempt(MAIL);
    expect(outcome).toMatchObject({ status: "unreachable", reason: expect.stringMatching(/time/i) });
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it("repeats a mail whose connection dies between the text and the answer, with the same Message-ID", async () => {
    const texts: string[] = [];
    const server = await smtp({
      beforeAnswer({ messageId }) {
        texts.push(messageId);
        if (texts.length === 1) server.drop();
      },
    });
    expect(await mailer(server.url(), await database()).send(MAIL)).toBe("sent");
    expect(texts).toHaveLength(2);
    expect(texts[0]).toBe(texts[1]);
  });

  it("blames the mail, not the server, where only this one breaks the connection", async () => {
    const server = await startRaw((socket) => {
      socket.write("220 here\r\n");
      socket.on("data", (bytes) => {
        const line = bytes.toString();
        if (/^(EHLO|HELO|MAIL|QUIT)/.test(line)) socket.write("250 fine\r\n");
        else socket.destroy();
      });
    });
    closing.push(server.close);
    const sending = mailer(smtpUrl(server.port), await database());
    expect(await sending.attempt(MAIL)).toMatchObject({ status: "deferred", reason: "Connection closed unexpectedly" });
  });

  it("logs in, and shows the password nowhere when that fails, even where the server echoes it", async () => {
    const server = await smtp({ login: { user: "jobs", pass: "s3cret/pass" } });
    const data = await database();
    const url = (password: string) => server.url().replace("//", `//jobs:${encodeURIComponent(password)}@`);
    const outcome = await mailer(url("wr0ng/pass"), data).attempt(MAIL);
    expect(outcome).toMatchObject({ status: "unreachable", reason: expect.stringContaining("535 no login with ***") });
    expect(await mailer(url("wr0ng/pass"), data).whyUnreachable()).toContain("535");
    expect(JSON.stringify([outcome, await rows(data)])).not.toContain("wr0ng");
    expect(await mailer(url("s3cret/pass"), data).whyUnreachable()).toBeUndefined();
    expect(await mailer(url("s3cret/pass"), data).send(MAIL)).toBe("sent");
  });

  it.each(["whole", "offered"] as const)("speaks TLS where it is %s, and only with whom it trusts", async (tls) => {
    const [server, data] = [await smtp({ tls }), await database()];
    const url = (more: string) => server.url(more).replace("smtp:", tls === "whole" ? "smtps:" : "smtp:");
    expect(await mailer(url(""), data).attempt(MAIL)).toMatchObject({
      status: "unreachable",
      reason: expect.stringContaining("certificate"),
    });
    expect(await mailer(url("&rejectUnauthorized=false"), data).send(MAIL)).toBe("sent");
    expect(server.secure()).toBe(1);
  });

  it("sends nothing in the clear where TLS is required", async () => {
    const server = await smtp();
    expect(await mailer(server.url("&requireTls=true"), await database()).attempt(MAIL)).toMatchObject({ status: "unreachable" });
    expect(server.mails).toEqual([]);
  });

  it("finishes the mail under way when the run is cancelled, and begins no other", async () => {
    const controller = new AbortController();
    const server = await smtp({
      async beforeAnswer() {
        controller.abort(new Error("cancelled by SIGTERM"));
        await pause(100);
      },
    });
    const data = await database();
    const sending = mailer(server.url(), data, { signal: controller.signal });
    expect(await sending.attempt(MAIL)).toEqual({ status: "sent" });
    await expect(sending.send({ ...MAIL, key: "next" })).rejects.toThrow("cancelled by SIGTERM");
    expect(await rows(data)).toMatchObject([{ status: "sent" }]);
  });

  it("gives a mail back that waits for its next try when the run is cancelled", async () => {
    const controller = new AbortController();
    const server = await smtp({
      recipient() {
        setTimeout(() => controller.abort(new Error("cancelled")), 50);
        return { code: 451, text: "later" };
      },
    });
    const data = await database();
    const sending = mailer(server.url("&retryPause=10s").replace("retryPause=20ms&", ""), data, { signal: controller.signal });
    await expect(sending.send(MAIL)).rejects.toThrow(/abort/i);
    expect(await rows(data)).toMatchObject([{ status: "queued", error_message: expect.any(String) }]);
  });

  it("writes text and HTML, escaped, with the headers that machines read", async () => {
    const server = await smtp();
    const subject = "Überfällig\r\nBcc: evil@example.com";
    await mailer(server.url(), await database()).send({ ...MAIL, subject, bulk: { unsubscribe: "https://example.com/u?id={address}" } });
    const { raw, to } = server.mails[0] ?? { raw: "", to: [] };
    expect(to).toEqual(["ann@example.com"]);
    expect(raw.split("\r\n\r\n", 1)[0]).not.toMatch(/^Bcc:/m);
    expect(raw).toMatch(/^List-Unsubscribe: <https:\/\/example.com\/u\?id=ann%40example.com>\r$/m);
    expect(raw).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(raw).toMatch(/^Date: Sun, 22 Nov 2026 03:00:00 \+0000\r$/m);
    expect(raw).toMatch(/^Content-Type: multipart\/alternative/m);
    expect(raw).toContain("Hello <Ann> & all");
    expect(raw).toContain("<p>Hello &lt;Ann&gt; &amp; all</p>");
  });

  it.each(["a@example.com, b@example.com", "a@example.com\r\nRCPT TO:<b@example.com>", "nobody", "-oX@example.com", ""])(
    "refuses the address %j",
    async (address) => {
      const server = await smtp();
      const outcome = await mailer(server.url(), await database()).attempt({ ...MAIL, to: { address } });
      expect(outcome).toMatchObject({ status: "refused", reason: expect.stringContaining("is no mail address") });
      expect(server.mails).toEqual([]);
    },
  );
});

describe("the mailer into files", () => {
  it("writes one .eml per mail, for the owner's eyes, and the same file for a repeat", async () => {
    const [data, folder] = [await database(), join(mkdtempSync(join(tmpdir(), "jobctl-mail-")), "out/box")];
    const sending = mailer(`file:${folder}?from=Acme%20%3Cno-reply@acme.example%3E`, data);
    expect(await sending.whyUnreachable()).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
    expect(await sending.send(MAIL)).toBe("sent");
    await data.db.deleteFrom("outbox").execute();
    expect(await sending.send(MAIL)).toBe("sent");
    const files = readdirSync(folder);
    expect(files).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.eml$/)]);
    const path = join(folder, files[0] ?? "");
    expect(readFileSync(path, "latin1")).toMatch(/^From: Acme <no-reply@acme.example>\r$/m);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("says why it can't", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "jobctl-mail-")), "file");
    writeFileSync(file, "");
    expect(await mailer(`file:${file}`, await database()).whyUnreachable()).toContain("EACCES");
  });
});

describe("the mailer by sendmail", () => {
  it("hands the mail to the program", async () => {
    const path = program('cat > "$0.mail"; echo "$@" > "$0.args"');
    const sending = mailer(`sendmail:${path}?from=jobs@example.com`, await database());
    expect(await sending.whyUnreachable()).toBeUndefined();
    expect(await sending.send(MAIL)).toBe("sent");
    expect(readFileSync(`${path}.args`, "utf8")).toBe("-i -f jobs@example.com ann@example.com\n");
    expect(readFileSync(`${path}.mail`, "utf8")).toContain("\nSubject: Open balance of Bridge\n");
  });

  it.each([
    [75, { status: "deferred" }],
    [67, { status: "refused" }],
  ])("reads the exit code %s as %j", async (code, outcome) => {
    const sending = mailer(`sendmail:${program(`cat > /dev/null; exit ${code}`)}?retryPause=1ms`, await database());
    expect(await sending.attempt(MAIL)).toMatchObject(outcome);
  });

  it("says where there is no such program", async () => {
    const sending = mailer("sendmail:/nowhere/sendmail", await database());
    expect(await sending.whyUnreachable()).toContain("ENOENT");
    expect(await sending.attempt(MAIL)).toMatchObject({ status: "unreachable" });
  });
});

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A sendmail of our own. */
function program(script: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "jobctl-mail-")), "sendmail");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
