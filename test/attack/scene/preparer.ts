import type { Asker, Credential } from "../credential.ts";
import { callHttp } from "../doors/http-call.ts";
import { headersOf } from "../doors/http-headers.ts";
import { parseLoosely } from "../doors/answer.ts";
import { isRecord } from "../surface/operation.ts";

/** What is done to prepare the scene couldn't be done. */
export class PrepareError extends Error {
  override name = "PrepareError";
  readonly status: number;

  constructor(text: string, status: number) {
    super(text);
    this.status = status;
  }
}

/** Asks REST as somebody who is entitled to it. */
export interface Preparer {
  /** Of the server. */
  readonly url: string;
  readonly apiPrefix: string;
  readonly platform: Credential;
  /** @param path below the API's prefix. @throws PrepareError where it is refused */
  call(
    asker: Pick<Asker, "credential" | "tenantId">,
    method: string,
    path: string,
    json?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Prepared>;
}

/** What was given. */
export interface Prepared {
  readonly text: string;
  /** A text at a path such as `reply.id`. @throws PrepareError */
  get(path: string): string;
  /** A list at a path. @throws PrepareError */
  list(path: string): readonly unknown[];
}

export function createPreparer(url: string, apiPrefix: string, adminToken: string): Preparer {
  const platform: Credential = {
    name: "the platform's admin",
    kind: "platform",
    tenantId: undefined,
    secret: adminToken,
  };
  return {
    url,
    apiPrefix,
    platform,
    async call({ credential, tenantId }, method, path, json, headers = {}) {
      const placement = credential.kind === "none" ? "nowhere" : "bearer";
      const origin = undefined;
      const shown = headersOf({ credential, tenantId, placement, origin });
      const { status, body } = await callHttp({
        url: `${url}${apiPrefix}${path}`,
        method,
        headers: { ...shown, "Content-Type": "application/json", ...headers },
        body: json === undefined ? undefined : JSON.stringify(json),
      });
      if (status < 400) return readPrepared(body);
      const text = `${method} ${path} as ${credential.name}: ${status} ${body.slice(0, 300)}`;
      throw new PrepareError(text, status);
    },
  };
}

function readPrepared(text: string): Prepared {
  const value = parseLoosely(text);
  const at = (path: string): unknown =>
    path
      .split(".")
      .reduce<unknown>((found, name) => (isRecord(found) ? found[name] : undefined), value);
  return {
    text,
    get(path) {
      const found = at(path);
      if (typeof found === "string") return found;
      throw new PrepareError(`There is no ${path} in ${text.slice(0, 300)}`, 0);
    },
    list(path) {
      const found = at(path);
      if (Array.isArray(found)) return found;
      throw new PrepareError(`There is no list ${path} in ${text.slice(0, 300)}`, 0);
    },
  };
}

/** What went wrong, in a line. */
export function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= 400 ? line : `${line.slice(0, 400)}…`;
}
