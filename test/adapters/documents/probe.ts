// Tells what a reader's process may do. Started by reader-process.test.ts in a reader's place.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

function tryIt(act: () => unknown): unknown {
  try {
    act();
    return "allowed";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

const told = {
  environment: Object.keys(process.env),
  read: tryIt(() => readFileSync("/etc/hostname")),
  write: tryIt(() => writeFileSync("/tmp/miptech-probe", "x")),
  spawn: tryIt(() => spawnSync("true")),
};
process.stdout.write(JSON.stringify(told));
