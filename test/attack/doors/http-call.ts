import { request as requestPlain, type IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import { lastingHeaders, parseLoosely, printHeaders, type Answer } from "./answer.ts";
import { chooseAddress } from "./where-from.ts";

export interface HttpCall {
  readonly url: string;
  readonly method: string;
  /** A list stands there as so many lines. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Beyond that an answer counts as it stands. */
const patienceMs = 20_000;

/** Asks, and reads the answer to its end. @throws Error when there is no server */
export async function callHttp(call: HttpCall): Promise<HttpAnswer> {
  const response = await openHttp(call);
  let body = "";
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    response.destroy();
  }, patienceMs);
  try {
    for await (const part of response) body += String(part);
  } catch (error) {
    if (!isLate) throw error;
  } finally {
    clearTimeout(timer);
  }
  return { status: response.statusCode ?? 0, headers: headersOf(response), body };
}

/** Asks; the body, as text, is still to be read. @throws Error when there is no server */
export function openHttp({ url, method, headers, body }: HttpCall): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { options, headers: told } = chooseAddress(url);
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const lines = Object.entries({
      Host: new URL(url).host,
      ...told,
      ...headers,
      ...length,
    }).flatMap(([name, value]) =>
      (typeof value === "string" ? [value] : value).flatMap((one) => [name, one]),
    );
    const send = url.startsWith("https:") ? requestTls : requestPlain;
    const asked = send(url, { ...options, method, headers: lines, agent: false });
    asked.once("error", reject);
    asked.once("response", (response) => {
      response.setEncoding("utf8");
      resolve(response);
    });
    asked.end(body);
  });
}

export function headersOf(response: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers))
    if (value !== undefined) headers.set(name, String(value));
  return headers;
}

/** @param isDone whether what was asked for was given, as far as the door can tell. */
export function describeHttp(
  { status, headers, body }: HttpAnswer,
  isDone: boolean,
  code: string,
): Answer {
  return {
    outcome: status === 429 ? "limited" : status >= 500 ? "broken" : isDone ? "done" : "refused",
    code,
    text: `${status}\n${printHeaders(headers)}\n\n${body}`,
    shape: { status, headers: lastingHeaders(headers), body: parseLoosely(body) },
  };
}

/** What was sent, for the search for what comes back. */
export function printCall({ url, method, headers, body }: HttpCall): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`);
  return [`${method} ${url.replaceAll("%2F", "/")}`, ...lines, body ?? ""].join("\n");
}
