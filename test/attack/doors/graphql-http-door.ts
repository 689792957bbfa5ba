import type { Asker } from "../credential.ts";
import { parseLoosely, type Answer, type Exchange } from "./answer.ts";
import { requestOf, type Door, type DoorName } from "./door.ts";
import {
  codeOfResult,
  isBroken,
  isGiven,
  isLimited,
  type GraphqlRequest,
} from "./graphql-request.ts";
import { callHttp, describeHttp, printCall, type HttpCall } from "./http-call.ts";
import { headersOf, httpPlacements } from "./http-headers.ts";
import { readHttp } from "./http-reading.ts";

/** GraphQL over HTTP, answered as JSON or as server-sent events. */
export function createGraphqlHttpDoor(url: string, accept: "json" | "events"): Door {
  const isStream = accept === "events";
  const name: DoorName = isStream ? "GraphQL SSE" : "GraphQL";
  const accepted = isStream ? "text/event-stream" : "application/json";

  function callOf(asker: Asker, { query, variables }: GraphqlRequest): HttpCall {
    return {
      url: `${url}/graphql`,
      method: "POST",
      headers: { ...headersOf(asker), "Content-Type": "application/json", Accept: accepted },
      body: JSON.stringify({ query, variables }),
    };
  }

  return {
    name,
    placementsOf: httpPlacements,
    async ask(asker, requests) {
      const exchanges: Exchange[] = [];
      for (const request of requests) {
        const call = callOf(asker, requestOf(request, "graphql"));
        const got = await callHttp(call);
        const result = parseLoosely(got.body);
        const answer = describeHttp(got, isGiven(result), codeOfResult(result));
        exchanges.push({ answer: judge(answer), sent: printCall(call) });
      }
      return exchanges;
    },
    async read(asker, request) {
      const isDone = (_status: number, text: string) => resultsIn(text).some(isGiven);
      const codeOf = (status: number, text: string) =>
        resultsIn(text).map(codeOfResult).join(", ") || String(status);
      const reading = await readHttp(callOf(asker, requestOf(request, "graphql")), isDone, codeOf);
      return {
        ...reading,
        async close() {
          const { answer, sent } = await reading.close();
          return { answer: judge(answer), sent };
        },
      };
    },
  };
}

/** GraphQL tells its failures in errors with status 200 as well. */
function judge(answer: Answer): Answer {
  if (answer.outcome !== "refused") return answer;
  if (isBroken(answer.code)) return { ...answer, outcome: "broken" };
  return isLimited(answer.code) ? { ...answer, outcome: "limited" } : answer;
}

/** The results in a body of events, or the one of a body of JSON. */
function resultsIn(text: string): unknown[] {
  if (text.startsWith("{")) return [parseLoosely(text)];
  const lines = text.split("\n").filter((line) => line.startsWith("data: {"));
  return lines.map((line) => parseLoosely(line.slice("data: ".length)));
}
