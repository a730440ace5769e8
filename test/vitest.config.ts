import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname + "/..",
    include: ["test/**/*.test.ts"],
    globalSetup: "test/helpers/global-setup.ts",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: "forks",
    // Most tests wait for clocks and processes more than they compute.
    maxWorkers: 2,
  },
  resolve: {
    alias: {
      "jobctl/testing": new URL("../src/job-api/testing.ts", import.meta.url).pathname,
      jobctl: new URL("../src/job-api/index.ts", import.meta.url).pathname,
    },
  },
});
