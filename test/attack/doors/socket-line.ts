import type { IncomingMessage } from "node:http";
import WebSocket from "ws";
import { printHeaders, type Reading } from "./answer.ts";
import { chooseAddress } from "./where-from.ts";

/** One WebSocket of an attacker or an owner: all that came over it, as text. */
export interface SocketLine {
  /** Why the handshake was refused: its status and body; undefined when it was not. */
  readonly refusal: { readonly status: number; readonly text: string } | undefined;
  /** The messages so far. */
  readonly messages: readonly string[];
  readonly isOpen: boolean;
  /** Code and reason of its end. */
  readonly end: { readonly code: number; readonly reason: string } | undefined;
  send(message: object): void;
  /** Waits for the first message from place `from` on that fits; undefined when the connection ended or the time was over. */
  find(from: number, fits: (message: string) => boolean, ms?: number): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface LineOptions {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

const patienceMs = 20_000;

/** Resolves when the handshake is over, one way or the other. @throws Error when there is no server */
export async function openLine({ url, protocols, headers }: LineOptions): Promise<SocketLine> {
  const { options, headers: told } = chooseAddress(url);
  const ws = new WebSocket(url, [...protocols], { ...options, headers: { ...told, ...headers } });
  const messages: string[] = [];
  const wakes = new Set<() => void>();
  const wake = () => {
    for (const one of wakes) one();
  };
  let end: SocketLine["end"];
  let refusal: SocketLine["refusal"];
  ws.on("message", (data: Buffer) => {
    messages.push(data.toString());
    wake();
  });
  const closed = new Promise<void>((resolve) => {
    ws.once("close", (code, reason) => {
      end = { code, reason: String(reason) };
      wake();
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    ws.once("open", resolve);
    ws.once("error", reject);
    ws.once("unexpected-response", (_request, response) => {
      void readRefusal(response).then((text) => {
        refusal = { status: response.statusCode ?? 0, text };
        resolve();
      });
    });
  });
  ws.on("error", () => undefined); // the close that follows is looked at

  return {
    get refusal() {
      return refusal;
    },
    messages,
    get isOpen() {
      return ws.readyState === WebSocket.OPEN;
    },
    get end() {
      return end;
    },
    send(message) {
      if (ws.readyState === WebSocket.OPEN) ws.send(JSON.stringify(message));
    },
    async find(from, fits, ms = patienceMs) {
      const deadline = Date.now() + ms;
      let at = from;
      for (;;) {
        for (; at < messages.length; at += 1) {
          const message = messages[at] ?? "";
          if (fits(message)) return message;
        }
        const left = deadline - Date.now();
        if (end || refusal || left <= 0) return undefined;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(done, left);
          function done(): void {
            clearTimeout(timer);
            wakes.delete(done);
            resolve();
          }
          wakes.add(done);
        });
      }
    },
    async close() {
      if (refusal) return;
      if (ws.readyState === WebSocket.OPEN) ws.close(1000);
      const timer = setTimeout(() => ws.terminate(), 2000);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function readRefusal(response: IncomingMessage): Promise<string> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers))
    if (value !== undefined) headers.set(name, String(value));
  let body = "";
  for await (const part of response) body += String(part);
  return `${response.statusCode}\n${printHeaders(headers)}\n\n${body}`;
}

/** The answer of a connection that was refused or ended before anything could be asked. */
export function describeEnd({ refusal, end, messages }: SocketLine): {
  readonly code: string;
  readonly text: string;
} {
  if (refusal) {
    const code = /"code":"(\w+)"/.exec(refusal.text)?.[1] ?? "";
    return { code: `${refusal.status} ${code}`.trim(), text: refusal.text };
  }
  const last = messages.at(-1) ?? "";
  const named = /"error_code":"(\w+)"/.exec(last)?.[1] ?? end?.reason ?? "";
  const text = [...messages, `close ${end?.code} ${end?.reason}`].join("\n");
  return { code: `close ${end?.code} ${named}`, text };
}

/** A reading of what comes over a line from place `from` on. @param isEnd whether a message is its last */
export function followLine(
  line: SocketLine,
  from: number,
  isEnd: (message: string) => boolean,
): Pick<Reading, "ended" | "until"> {
  const ended = line.find(from, isEnd);
  return {
    ended,
    async until(holds) {
      const texts = () => line.messages.slice(from).join("\n");
      await Promise.race([ended, line.find(from, () => holds(texts()))]);
      if (!holds(texts())) throw new Error(`It never came: ${texts().slice(-300)}`);
    },
  };
}
