import { defineJob } from "jobctl";

export default defineJob({ description: "does nothing", params: {}, run: () => ({}) });
