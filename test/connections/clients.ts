import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import {
  stopMessage,
  type ClientMessage,
  type ClientPlan,
  type ClientSummary,
} from "./messages.ts";

const program = join(import.meta.dirname, "client-process.ts");

/** A process with clients. */
export interface Clients {
  /** Resolves when all connections are open. Rejects when the process ends before. */
  readonly opened: Promise<void>;
  /** Lets the answers be read to their ends and closes all connections. @throws Error when the process has failed. */
  stop(): Promise<ClientSummary>;
  /** Ends the process if it lives. */
  close(): Promise<void>;
}

/** @param onFault is told what goes wrong with a connection. */
export function startClients(plan: ClientPlan, onFault: (text: string) => void): Clients {
  const child = fork(program, [JSON.stringify(plan)], { stdio: "inherit" });
  const exited = once(child, "exit");
  const opened = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<ClientSummary>();
  // Each is waited for only by a run that gets so far.
  for (const { promise } of [opened, ended]) promise.catch(() => undefined);
  child.on("message", (message: ClientMessage) => {
    if (message.type === "opened") opened.resolve();
    else if (message.type === "ended") ended.resolve(message.summary);
    else onFault(message.text);
  });
  // Comes after all messages, which the end of the process may overtake.
  child.once("disconnect", () => {
    const error = new Error("A process of clients ended too early");
    opened.reject(error);
    ended.reject(error);
  });
  return {
    opened: opened.promise,
    stop() {
      if (child.connected) child.send(stopMessage);
      return ended.promise;
    },
    async close() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
