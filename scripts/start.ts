import { join } from "node:path";
import { runProgram, say, serve, waitForSignal } from "../api/main.ts";
import { openDatabase } from "./database.ts";
import { listAddresses, loadSiteConfig, openHostPage, refreshContent } from "./surroundings.ts";

const root = join(import.meta.dirname, "..");

await runProgram(async () => {
  const stop = waitForSignal();
  const config = loadSiteConfig(root);
  const database = await openDatabase(config);
  try {
    await serve(config, database.url, stop, {
      prepare: (app) => refreshContent(root, config, database.url, app),
      async listening(_app, apiUrl) {
        const close = await openHostPage(root, config, apiUrl);
        say(`${listAddresses(config, apiUrl, database.url)}\nPress Ctrl-C to stop.`);
        return close;
      },
    });
  } finally {
    await database.close();
  }
});
