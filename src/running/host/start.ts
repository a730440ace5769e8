import { bundleLoader } from "../../system/bundle-loader.ts";
import { type HostRequest, REQUEST_VARIABLE } from "./protocol.ts";

/** Node's `require`, which the build keeps under this name. */
declare const requireOther: NodeJS.Require;

/** The first file of the child process of a module job: what it loads from here on is kept compiled, where the request says. */
const { cacheFolder } = JSON.parse(process.env[REQUEST_VARIABLE] ?? "{}") as Partial<HostRequest>;
const load = bundleLoader(import.meta.dirname, { cacheFolder: cacheFolder ?? undefined, requireOther });
const { host } = load("./host-main.cjs") as typeof import("./main.ts");
host((url) => import(url));
