import { execFileSync } from "node:child_process";

execFileSync("/bin/true");
