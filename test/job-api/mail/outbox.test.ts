import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../../src/job-api/database/open-database.ts";
import { database, MAIL, mailer, NOW, rows, smtp } from "../../helpers/mailer.ts";

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
    const other = Promise.withResolvers<void>();
    const [data, server] = [await database(dialect), await smtp({ beforeAnswer: () => other.promise })];
    const runners = [mailer(server.url(), data), mailer(server.url(), data)].map((each) => each.send(MAIL));
    expect(await Promise.race(runners)).toBe("elsewhere");
    other.resolve();
    expect((await Promise.all(runners)).toSorted()).toEqual(["elsewhere", "sent"]);
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
