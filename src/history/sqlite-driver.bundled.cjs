// better-sqlite3's own platform entry, with its 13 files inside our bundle: finding and compiling each of them took 7 ms
// of CPU time at every start. Its binary stays where npm put it.
const createDatabase = require("better-sqlite3/lib/database.js");
const { packageFile } = require("../system/package-file.ts");

exports.loadDriver = () => createDatabase(loadBinary, false);

function loadBinary() {
  const module = { exports: {} };
  process.dlopen(module, packageFile("better-sqlite3", `prebuilds/linux-${process.arch}.node`));
  return module.exports;
}
