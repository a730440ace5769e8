import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { database, MAIL, mailer, rows, smtp } from "../../helpers/mailer.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

describe("by SMTP", () => {
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
});

describe("into files", () => {
  it("writes one .eml per mail, for the owner's eyes, and the same file for a repeat", async () => {
    const [data, folder] = [await database(), join(temporaryFolder(), "out/box")];
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
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(await mailer(`file:${file}`, await database()).whyUnreachable()).toContain("EACCES");
  });
});

describe("by sendmail", () => {
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

/** A sendmail of our own. */
function program(script: string): string {
  const path = join(temporaryFolder(), "sendmail");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
