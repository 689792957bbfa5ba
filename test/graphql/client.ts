import { createPlatform, type Platform, type PlatformOptions } from "../rest/platform.ts";

/** An error as it goes out. */
export interface ShownError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly retryAfter?: number };
}

export interface Result<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly ShownError[];
}

export interface Answer<Data> extends Result<Data> {
  readonly status: number;
  readonly headers: Headers;
}

export type Headings = Record<string, string>;

/** Runs one operation over HTTP. */
export type Run = <Data>(
  query: string,
  variables?: object,
  headers?: Headings,
) => Promise<Answer<Data>>;

export function createRun({ call }: Pick<Platform, "call">): Run {
  return async (query, variables, headers = {}) => {
    const response = await call("/graphql", { json: { query, variables }, headers });
    return readAnswer(response);
  };
}

export async function readAnswer<Data>(response: Response): Promise<Answer<Data>> {
  const { data, errors } = (await response.json()) as Result<Data>;
  const { status, headers } = response;
  return { status, headers, ...(data === undefined ? {} : { data }), ...(errors && { errors }) };
}

/** The platform on memory, without a port, and how it is asked in GraphQL. */
export function openPlatform(options: PlatformOptions = {}) {
  const platform = createPlatform({ limits: unlimited, ...options });
  const run = createRun(platform);

  /** The data of an operation that has no error. */
  async function ask<Data>(query: string, variables?: object, headers?: Headings): Promise<Data> {
    const { data, errors } = await run<Data>(query, variables, headers);
    if (errors || !data) throw new Error(`It was refused: ${JSON.stringify(errors)}`);
    return data;
  }

  /** The codes of an operation's errors. */
  async function refusal(query: string, variables?: object, headers?: Headings): Promise<string[]> {
    const { errors = [] } = await run(query, variables, headers);
    return errors.map(({ extensions }) => extensions.code);
  }

  return { ...platform, run, ask, refusal };
}

export const unlimited = { enabled: false, requestsPerMinute: 1, burst: 0 };

export type GraphqlPlatform = ReturnType<typeof openPlatform>;

export const sendMessage = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    chat { id title }
    question { id role content status clientMessageId messageType attempt replyTo { id } }
    answer { id role content status attempt replyTo { id content } }
    visitorToken
  }
}`;

export interface Sent {
  readonly sendMessage: {
    readonly chat: { readonly id: string; readonly title: string };
    readonly question: { readonly id: string; readonly content: string };
    readonly answer: { readonly id: string; readonly status: string };
    readonly visitorToken: string | null;
  };
}

export const createChat = `mutation Create($input: CreateChatInput! = {}) {
  createChat(input: $input) {
    chat { id title userId visitorId context createdAt updatedAt }
    visitorToken
  }
}`;

export interface Created {
  readonly createChat: {
    readonly chat: { readonly id: string; readonly title: string };
    readonly visitorToken: string | null;
  };
}

/** Lets everything run until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("It never came to hold");
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
