// better-sqlite3's own platform entry, with its 13 files inside our bundle: finding and compiling each of them took 7 ms
// of CPU time at every start. Its binary stays where npm put it.
const createDatabase = require("better-sqlite3/lib/database.js");

exports.loadDriver = () => createDatabase(() => require(binary()), false);

function binary() {
  return require.resolve("better-sqlite3/package.json").replace(/package\.json$/, `prebuilds/linux-${process.arch}.node`);
}
