import { Pinecone } from "@pinecone-database/pinecone";
import { callService, type ServicePatience } from "../../core/retrieval/call-service.ts";
import { PineconeFailure, toFailure } from "./failure.ts";

export interface PineconeAccount extends ServicePatience {
  readonly apiKey: string;
  /** Of the control plane; undefined: Pinecone's own. */
  readonly controllerHost: string | undefined;
}

/** The last answer over HTTP that wasn't a good one: the SDK's errors keep little of it. */
export interface BadAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

const longestBody = 1000;

/**
 * Runs requests through the SDK, which knows neither signals, our clock, nor Retry-After: so each has a client of its
 * own (a few plain objects), whose `fetch` knows them, and the SDK's retries are off.
 * @throws PineconeFailure; what the signal was aborted with.
 */
export function callPinecone<Result>(
  account: PineconeAccount,
  work: (pinecone: Pinecone) => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  const { apiKey, controllerHost, clock } = account;
  const request = async (signal: AbortSignal) => {
    let bad: BadAnswer | undefined;
    const pinecone = new Pinecone({
      apiKey,
      ...(controllerHost !== undefined && { controllerHostUrl: controllerHost }),
      maxRetries: 0,
      async fetchApi(url, init) {
        // A redirect would take the key, which stands in a header of its own, to another host.
        const response = await fetch(url as string, {
          ...(init as RequestInit),
          signal,
          redirect: "error",
        });
        if (response.ok) return response;
        const { status, headers } = response;
        const body = await response.text();
        bad = { status, headers, body: body.slice(0, longestBody) };
        return new Response(body, { status, headers });
      },
    });
    try {
      return await work(pinecone);
    } catch (error) {
      throw error instanceof PineconeFailure ? error : toFailure(error, bad, apiKey, clock.now());
    }
  };
  return callService(account, "vectors", request, signal);
}
