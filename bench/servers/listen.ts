import type { Server } from "node:http";

/** Listens on a free port of loopback and prints it as the platform does; ends at SIGTERM. */
export function listenOnLoopback(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    process.stdout.write(`Listening on http://127.0.0.1:${port}\n`);
  });
  process.once("SIGTERM", () => process.exit(0));
}
