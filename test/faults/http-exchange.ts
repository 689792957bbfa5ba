import { request, type IncomingMessage } from "node:http";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { departFor, type Departure, type Visit } from "./visit.ts";

/** Longer than the server's heartbeat of 15 s. */
const patienceMs = 18_000;

export interface HttpAsk {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
}

/** Takes what comes; what isn't given is refused. */
export interface HttpTakers {
  /** @returns how the exchange has ended. */
  readonly onJson?: (text: string) => Departure;
  /** @returns why the stream ends, where the event says so. */
  readonly onEvent?: (event: EventSourceMessage) => Departure | undefined;
}

/** One request with its answer, JSON or server-sent events, on a connection of its own. */
export function exchange(visit: Visit, ask: HttpAsk, takers: HttpTakers): Promise<Departure> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const outgoing = request(`${visit.origin}${ask.path}`, {
      method: ask.method,
      agent: false,
      headers: {
        ...ask.headers,
        "x-tenant-id": visit.tenantId,
        ...(ask.body ? { "content-type": "application/json" } : {}),
      },
    });
    function depart(departure: Departure): void {
      isOver = true;
      clearTimeout(timer);
      visit.leave.removeEventListener("abort", leave);
      resolve(departure);
      outgoing.destroy();
    }
    const leave = () => depart({ type: "over" });
    const listen = () => {
      clearTimeout(timer);
      if (isOver) return;
      timer = setTimeout(() => depart({ type: "dropped", why: "silence" }), patienceMs);
    };
    outgoing.on("error", (error) => depart({ type: "dropped", why: error.message }));
    outgoing.on("response", (response) => {
      const isStream = response.headers["content-type"]?.startsWith("text/event-stream");
      const { onEvent, onJson } = takers;
      // What was buffered of an answer still comes when its client has given it up.
      if (response.statusCode === 200 && isStream && onEvent)
        readStream(
          visit,
          response,
          (event) => (isOver ? undefined : onEvent(event)),
          listen,
          depart,
        );
      else readText(response, onJson, depart);
    });
    visit.leave.addEventListener("abort", leave);
    if (visit.leave.aborted) return leave();
    listen();
    outgoing.end(ask.body && JSON.stringify(ask.body));
  });
}

function readStream(
  visit: Visit,
  response: IncomingMessage,
  onEvent: NonNullable<HttpTakers["onEvent"]>,
  listen: () => void,
  depart: (departure: Departure) => void,
): void {
  let announced: Departure | undefined;
  const parser = createParser({
    onEvent(event) {
      announced = onEvent(event) ?? announced;
    },
  });
  visit.onOpen({ pause: () => response.pause(), resume: () => response.resume() });
  response.setEncoding("utf8");
  response.on("data", (text: string) => {
    listen();
    parser.feed(text);
  });
  response.on("error", (error) => depart({ type: "dropped", why: error.message }));
  response.on("end", () => {
    if (announced) return depart(announced);
    if (visit.isDone()) return depart({ type: "over" });
    depart({ type: "cut", why: "the stream ended" });
  });
}

function readText(
  response: IncomingMessage,
  onJson: HttpTakers["onJson"],
  depart: (departure: Departure) => void,
): void {
  const status = response.statusCode ?? 0;
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (part: string) => (text += part));
  response.on("error", (error) => depart({ type: "dropped", why: error.message }));
  response.on("end", () => {
    if (status >= 400) return depart(departFor(codeOf(text), `status ${status}`));
    if (onJson) return depart(onJson(text));
    depart({ type: "refused", why: `status ${status}: ${text.slice(0, 200)}` });
  });
}

/** Of an error in the form of REST or of GraphQL. */
function codeOf(text: string): string {
  try {
    const { error, errors } = JSON.parse(text);
    return error?.code ?? errors[0].extensions.code;
  } catch {
    return `no code: ${text.slice(0, 200)}`;
  }
}
