// npm run test:strings: every naughty string through every text field of every door. `npm test` takes a fifth for each field.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const vitest = join(
  dirname(createRequire(import.meta.url).resolve("vitest/package.json")),
  "vitest.mjs",
);
const args = [vitest, "run", "--project", "node", "test/app/naughty-strings.test.ts"];
const child = spawn(process.execPath, args, {
  cwd: join(import.meta.dirname, "../../.."),
  env: { ...process.env, NAUGHTY_STRINGS: "all" },
  stdio: "inherit",
});
const [code] = await once(child, "exit");
process.exitCode = code ?? 1;
