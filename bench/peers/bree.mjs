// bree, running one job once: it starts a worker thread, in which the job is.
import Bree from "bree";

const bree = new Bree({
  root: false,
  logger: false,
  jobs: [{ name: "job", path: new URL("bree-job.mjs", import.meta.url).pathname }],
});
bree.on("worker deleted", () => process.exit(0));
await bree.run("job");
