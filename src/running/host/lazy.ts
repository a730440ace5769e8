/** The host is one CommonJS bundle; what a job may not need is a bundle beside it, loaded on first use and synchronously, since `context.db` is a plain property. */
declare const require: NodeJS.Require;

export function loadDatabase(): (typeof import("../../job-api/database/job-database.ts"))["openJobDatabase"] {
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
