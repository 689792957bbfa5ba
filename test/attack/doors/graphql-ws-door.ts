import { formOf, hasOwnForm, type Asker, type Placement } from "../credential.ts";
import { isRecord } from "../surface/operation.ts";
import { parseLoosely, type Answer, type Exchange } from "./answer.ts";
import { requestOf, type Door } from "./door.ts";
import {
  codeOfResult,
  isBroken,
  isGiven,
  isLimited,
  type GraphqlRequest,
} from "./graphql-request.ts";
import { headersOf } from "./http-headers.ts";
import { describeEnd, followLine, openLine, type SocketLine } from "./socket-line.ts";

export interface GraphqlWsDoorOptions {
  /** Such as ws://localhost:8000. */
  readonly wsUrl: string;
  readonly ticketOf: (asker: Asker) => Promise<string>;
}

/** GraphQL over WebSocket, in the protocol graphql-transport-ws. */
export function createGraphqlWsDoor(options: GraphqlWsDoorOptions): Door {
  return {
    name: "GraphQL WebSocket",
    placementsOf(credential): readonly Placement[] {
      if (credential.kind === "none") return ["nowhere"];
      const own: Placement[] = hasOwnForm(credential) ? ["parameter"] : [];
      return ["token", ...own, "bearer", "ticket"];
    },
    async ask(asker, requests) {
      const { line, sent, refused } = await enter(options, asker);
      try {
        const exchanges: Exchange[] = [];
        for (const [index, request] of requests.entries()) {
          const asked = requestOf(request, "graphql");
          const answer = refused ?? (await askOperation(line, String(index), asked));
          exchanges.push({ answer, sent: `${sent}\n${JSON.stringify(asked)}` });
        }
        return exchanges;
      } finally {
        await line.close();
      }
    },
    async read(asker, request) {
      const { line, sent, refused } = await enter(options, asker);
      const asked = requestOf(request, "graphql");
      const from = line.messages.length;
      if (!refused) line.send(subscribe("0", asked));
      const isEnd = (message: string) => refused !== undefined || isEndOf("0")(message);
      return {
        ...followLine(line, refused ? 0 : from, isEnd),
        async close() {
          const answer = refused ?? describe(line.messages.slice(from), "0");
          await line.close();
          return { answer, sent: `${sent}\n${JSON.stringify(asked)}` };
        },
      };
    },
  };
}

interface Entered {
  readonly line: SocketLine;
  readonly sent: string;
  readonly refused: Answer | undefined;
}

async function enter({ wsUrl, ticketOf }: GraphqlWsDoorOptions, asker: Asker): Promise<Entered> {
  const { credential, tenantId, placement, origin } = asker;
  const { secret } = credential;
  const ticket = placement === "ticket" ? await ticketOf(asker) : undefined;
  const headers =
    placement === "bearer" ? headersOf(asker) : origin === undefined ? {} : { Origin: origin };
  const payload = {
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(placement === "token" ? { token: secret } : {}),
    ...(placement === "parameter" ? { [formOf(credential).param]: secret } : {}),
    ...(ticket === undefined ? {} : { ticket }),
  };
  const line = await openLine({
    url: `${wsUrl}/graphql`,
    protocols: ["graphql-transport-ws"],
    headers,
  });
  line.send({ type: "connection_init", payload });
  const sent = [JSON.stringify(payload), JSON.stringify(headers)].join("\n");
  const ack = await line.find(0, (message) => message.includes('"connection_ack"'));
  if (ack !== undefined) return { line, sent, refused: undefined };
  const { code, text } = describeEnd(line);
  return { line, sent, refused: { outcome: outcomeOf(code), code, text, shape: { code } } };
}

function subscribe(id: string, { query, variables }: GraphqlRequest): object {
  return { id, type: "subscribe", payload: { query, variables } };
}

async function askOperation(
  line: SocketLine,
  id: string,
  request: GraphqlRequest,
): Promise<Answer> {
  const from = line.messages.length;
  line.send(subscribe(id, request));
  await line.find(from, isEndOf(id));
  return describe(line.messages.slice(from), id);
}

function isEndOf(id: string): (message: string) => boolean {
  return (text) => {
    const message = parseLoosely(text);
    if (!isRecord(message) || message.id !== id) return false;
    return message.type === "error" || message.type === "complete";
  };
}

/** What came under that id: the results, or the errors of an operation that never began. */
function describe(texts: readonly string[], id: string): Answer {
  const messages = texts.map(parseLoosely).filter(isRecord);
  const own = messages.filter((message) => message.id === id && message.type !== "complete");
  const results = own.map(({ type, payload }) =>
    type === "error" ? { errors: payload } : payload,
  );
  const code = results.map(codeOfResult).join(", ") || "silence";
  const isDone = results.some(isGiven);
  return {
    outcome: isDone ? "done" : outcomeOf(code),
    code,
    text: texts.join("\n"),
    shape: results,
  };
}

function outcomeOf(code: string): Answer["outcome"] {
  if (isLimited(code) || /4429/.test(code)) return "limited";
  return isBroken(code) || /close (1011|1013|undefined)/.test(code) ? "broken" : "refused";
}
