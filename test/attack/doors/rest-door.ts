import type { Asker } from "../credential.ts";
import { isRecord } from "../surface/operation.ts";
import { parseLoosely, type Exchange } from "./answer.ts";
import { requestOf, type Door } from "./door.ts";
import { callHttp, describeHttp, printCall, type HttpCall } from "./http-call.ts";
import { headersOf, httpPlacements } from "./http-headers.ts";
import { readHttp } from "./http-reading.ts";

export interface RestRequest {
  readonly type: "rest";
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** @param url of the server, without a slash at its end. */
export function createRestDoor(url: string): Door {
  function callOf(asker: Asker, { method, path, headers, body }: RestRequest): HttpCall {
    return {
      url: `${url}${path}`,
      method,
      headers: { ...headersOf(asker), ...headers },
      body,
    };
  }

  return {
    name: "REST",
    placementsOf: httpPlacements,
    async ask(asker, requests) {
      const exchanges: Exchange[] = [];
      for (const request of requests) {
        const call = callOf(asker, requestOf(request, "rest"));
        const got = await callHttp(call);
        const code = codeOf(got.status, got.body);
        const answer = describeHttp(got, got.status < 400, code);
        exchanges.push({ answer, sent: printCall(call) });
      }
      return exchanges;
    },
    read(asker, request) {
      const isDone = (status: number, text: string) => status < 400 && /^event: /m.test(text);
      return readHttp(callOf(asker, requestOf(request, "rest")), isDone, codeOf);
    },
  };
}

function codeOf(status: number, body: string): string {
  const parsed = parseLoosely(body);
  const error = isRecord(parsed) ? parsed.error : undefined;
  return isRecord(error) ? `${status} ${String(error.code)}` : String(status);
}
