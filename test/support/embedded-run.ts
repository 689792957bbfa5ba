// A program that does what the platform does with its embedded PostgreSQL: start it, say where it
// is, and live until it is ended. Usage: node embedded-run.ts <data folder>
import { startEmbeddedPostgres } from "../../api/adapters/embedded-postgres/start.ts";
import { fastSettings } from "./postgres.ts";

const [dataDir = ""] = process.argv.slice(2);
const report = (line: string): void => console.error(line);
const server = await startEmbeddedPostgres({ dataDir, port: 0, report, settings: fastSettings });
console.log(JSON.stringify({ port: server.port }));
const life = setInterval(() => {}, 60_000);
process.once("SIGTERM", () => {
  clearInterval(life);
  void server.stop();
});
