import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findOnPath, isExecutable } from "./path-search.ts";

/**
 * Launch arguments: Chromium's sandbox doesn't work as root or in most containers, and nothing but
 * the tests' own pages may be fetched. CORS and the other rules of the web stay in force.
 */
export const chromiumArgs: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-pings",
];

/**
 * The path of a Chromium: that of `CHROMIUM_PATH`, else the one that npm brought (Linux on x64), else
 * one that is installed. It can be started as it is, without further environment variables.
 * @throws Error that says what to install
 */
export async function chromiumPath(): Promise<string> {
  const chosen = process.env["CHROMIUM_PATH"];
  if (chosen) {
    if (await isExecutable(chosen)) return chosen;
    throw new Error(`CHROMIUM_PATH names ${chosen}, which can't be run.`);
  }
  if (process.platform === "linux" && process.arch === "x64") return unpackChromium();
  const installed = await findInstalled();
  if (installed) return installed;
  throw new Error(
    "No Chromium was found. Install Chromium or Google Chrome, or set CHROMIUM_PATH to its program.",
  );
}

const macPrograms = ["Google Chrome", "Chromium"].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);
const windowsPrograms = ["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"].map((name) =>
  join(process.env[name] ?? "", "Google", "Chrome", "Application", "chrome.exe"),
);

async function findInstalled(): Promise<string | undefined> {
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    const path = await findOnPath(name);
    if (path) return path;
  }
  for (const path of [...macPrograms, ...windowsPrograms]) {
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

const packageFolder = join(
  dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")),
  "..",
);

/**
 * Unpacks the npm package's Chromium once per version, next to the packages. It is unpacked under a
 * name of its own and renamed when whole, so several processes can do it at once.
 */
async function unpackChromium(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as {
    version: string;
  };
  const cache = fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url));
  const folder = join(cache, `chromium-${version}-${layout}`);
  const program = join(folder, "chromium.sh");
  if (await isExecutable(program)) return program;
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, "chromium.new-"));
  try {
    await unpackInto(staging);
    await rename(staging, folder).catch(async (error: unknown) => {
      if (!(await isExecutable(program))) throw error; // else another process was faster
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return program;
}

/** Raised when the files below change, so that an older unpacked folder isn't used. */
const layout = 1;

// The libraries that a bare Debian lacks, and fonts, come in the package. They are named to Chromium
// alone: set for our own process they would reach every other program that tests start.
const startScript = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/al2023/lib" FONTCONFIG_PATH="$here/fonts" XDG_CACHE_HOME="$here/cache"
exec "$here/chromium" "$@"
`;
// The package's own file names fixed folders below /tmp; Chromium aborts when it finds no font.
const fontSettings = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

async function unpackInto(folder: string): Promise<void> {
  // The package unpacks to the temporary folder, and its libraries only where it sees this variable;
  // a process of its own keeps both, and what the import changes, out of ours.
  const code = `await (await import("@sparticuz/chromium")).default.executablePath();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    cwd: packageFolder,
    env: { ...process.env, TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: "nodejs22.x", NODE_OPTIONS: "" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  const [exitCode] = await once(child, "close");
  if (exitCode !== 0) throw new Error(`Chromium could not be unpacked:\n${errors}`);
  await writeFile(join(folder, "fonts", "fonts.conf"), fontSettings);
  await writeFile(join(folder, "chromium.sh"), startScript);
  await chmod(join(folder, "chromium.sh"), 0o755);
}
