#!/usr/bin/env node
"use strict";
// The launcher. It must run on any Node that can start it, so that an old one gets a sentence and not a crash.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `jobctl: Node ${process.versions.node} is too old: jobctl needs Node 22.18 or later; install one (https://nodejs.org) or run jobctl with it.\n`,
  );
  process.exit(69);
}
// Not by require(), which looks for a file before it reads it, and goes through its loader's hooks for Node's own modules: a fortieth of a start.
const own = process.getBuiltinModule;
const folder = `${own("node:path").dirname(__dirname)}/dist`;
const file = `${folder}/start.cjs`;
const { Script } = own("node:vm");
const bundle = { exports: {} };
const run = new Script(own("node:fs").readFileSync(file, "utf8"), { filename: file }).runInThisContext();
run(bundle.exports, own, bundle, file, folder);
bundle.exports.start(require);
