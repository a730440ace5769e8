/** The host is one CommonJS bundle; what a job may not need is a bundle beside it, loaded on first use and synchronously, since `context.db` is a plain property. */
declare const require: NodeJS.Require;

export function loadDatabase(): (typeof import("../../job-api/database/job-database.ts"))["openJobDatabase"] {
  lookThroughHeapOften();
  return (require("./host-database.cjs") as typeof import("../../job-api/database/job-database.ts")).openJobDatabase;
}

export function loadScope(): (typeof import("../../job-api/database/scope/open-scope.ts"))["openScope"] {
  return (require("./host-scope.cjs") as typeof import("../../job-api/database/scope/open-scope.ts")).openScope;
}

export function loadMailer(): (typeof import("../../job-api/mail/mailer.ts"))["openMailer"] {
  return (require("./host-mailer.cjs") as typeof import("../../job-api/mail/mailer.ts")).openMailer;
}

export function loadLogger(): ReturnType<(typeof import("./logger.ts"))["createLogger"]> {
  return (require("./host-logger.cjs") as typeof import("./logger.ts")).createLogger();
}

export function loadFiles(): (typeof import("../../job-api/files/folder.ts"))["openFolder"] {
  return (require("./host-files.cjs") as typeof import("../../job-api/files/folder.ts")).openFolder;
}

export function loadHistory(): (typeof import("./read-history.ts"))["readHistory"] {
  return (require("./host-history.cjs") as typeof import("./read-history.ts")).readHistory;
}

/**
 * Old space is looked through when it has doubled, not quadrupled: a job over many mails, of which 13 MB were alive, peaked at 145 MB.
 * A flag of V8's own, which a later Node may not know: set here it is then left out, on the command line it would stop every job.
 */
function lookThroughHeapOften(): void {
  process.getBuiltinModule("node:v8").setFlagsFromString("--heap-growing-percent=100");
}
