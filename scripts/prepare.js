// Runs before the npm scripts (`prestart`, `pretest`, …) on whatever Node the machine has, from 18
// on; hence plain JavaScript without dependencies. It installs what package-lock.json asks for, which
// on Linux and Windows includes a new enough Node for the script that follows.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const neededMajor = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stampFile = join(modules, ".miptech-stamp");

process.exitCode = prepare();

/** Returns the exit code. The stamp is written last, so an interrupted installation is redone. */
function prepare() {
  const wanted = hashWantedPackages();
  if (readStamp() !== wanted) {
    const problem = installPackages();
    if (problem !== undefined) {
      console.error(`\nThe dependencies could not be installed: ${problem}.`);
      console.error("What npm says above tells why. Run the same command again to retry.");
      return 1;
    }
    mkdirSync(modules, { recursive: true });
    writeFileSync(stampFile, wanted);
  }
  return checkNode();
}

/** The platform counts too: a folder shared with a container holds the host's binaries. */
function hashWantedPackages() {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}\n`);
  for (const file of ["package-lock.json", "package.json"]) {
    hash.update(readFileSync(join(root, file))).update("\0");
  }
  return hash.digest("hex");
}

function readStamp() {
  return existsSync(stampFile) ? readFileSync(stampFile, "utf8") : undefined;
}

/** Returns what went wrong, or undefined. */
function installPackages() {
  const reason = existsSync(modules) ? "new or changed" : "first run";
  console.error(`Installing dependencies (${reason}, about a minute) …`);
  rmSync(stampFile, { force: true });
  moveRunningNodeAside();
  // Development packages build the page; Node and PostgreSQL are optional packages, one per platform.
  // An older Node may run npm here, since the packages will run on the Node that comes with them.
  const result = runNpm([
    "ci",
    "--include=dev",
    "--include=optional",
    "--engine-strict=false",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ]);
  if (result.error) return `npm could not be run (${result.error.message})`;
  if (result.signal) return `npm was ended by ${result.signal}`;
  return result.status === 0 ? undefined : `npm ci ended with code ${result.status}`;
}

function runNpm(args) {
  const options = { cwd: root, stdio: "inherit" };
  const npm = process.env.npm_execpath;
  // Another package manager puts itself there as well, and has no `ci` that reads package-lock.json.
  if (!npm || !basename(npm).startsWith("npm")) {
    const onWindows = process.platform === "win32"; // npm is a .cmd there, which only a shell runs
    return spawnSync(onWindows ? "npm.cmd" : "npm", args, { ...options, shell: onWindows });
  }
  if (!/\.[cm]?js$/.test(npm)) return spawnSync(npm, args, options);
  // Not the Node that runs this file: it may lie in node_modules, which `npm ci` deletes.
  return spawnSync(process.env.npm_node_execpath ?? process.execPath, [npm, ...args], options);
}

/** Windows lets a running program be renamed but not deleted, and `npm ci` deletes node_modules. */
function moveRunningNodeAside() {
  if (process.platform !== "win32" || !process.execPath.startsWith(modules)) return;
  const aside = join(root, ".data", "previous-node.exe");
  mkdirSync(dirname(aside), { recursive: true });
  rmSync(aside, { force: true });
  renameSync(process.execPath, aside);
}

/** Returns the exit code: 1 when the Node that npm scripts will find is too old. */
function checkNode() {
  const version = findNodeVersion();
  if (Number.parseInt(version, 10) >= neededMajor) return 0;
  const advice =
    process.platform === "darwin"
      ? "On macOS install it from https://nodejs.org or with a version manager (nvm, fnm, mise)"
      : "Install it from https://nodejs.org or with a version manager";
  console.error(`Node ${neededMajor} or newer is needed; npm scripts find Node ${version} here.`);
  console.error(`${advice}, then run the same command again.`);
  return 1;
}

/** The version of the `node` that npm scripts find first: the installed package's, else the machine's. */
function findNodeVersion() {
  const running = process.versions.node;
  const installed =
    process.platform === "win32"
      ? join(modules, `node-win-${process.arch}`, "bin", "node.exe")
      : join(modules, ".bin", "node");
  if (!existsSync(installed) || realpathSync(installed) === process.execPath) return running;
  const result = spawnSync(installed, ["--version"], { encoding: "utf8" });
  if (result.status === 0) return result.stdout.trim().replace(/^v/, "");
  // It does not run here (another C library, as on Alpine), and as a link it would hide the machine's.
  if (process.platform !== "win32") rmSync(installed);
  return running;
}
