/** A language model that is played: OpenAI's streaming chat completions on loopback. Prints its port. */
import { createServer, type ServerResponse } from "node:http";
import { readWish, tokenAt, tokensPerSecond, type Wish } from "../question.ts";
import { listenOnLoopback } from "./listen.ts";

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** Tokens that a fast model writes before it lets others have their turn. */
const burst = 20;

const server = createServer(async (request, response) => {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += String(part);
  const { messages }: Body = JSON.parse(text);
  const wish = readWish(messages.findLast(({ role }) => role === "user")?.content ?? "");
  response.writeHead(200, { "content-type": "text/event-stream" });
  answer(response, wish);
});

function answer(response: ServerResponse, { pace, tokens }: Wish): void {
  let index = 0;
  const write = (count: number) => {
    for (const end = Math.min(index + count, tokens); index < end; index += 1)
      response.write(chunk({ choices: [choice({ content: tokenAt(index) })] }));
    return index === tokens || response.destroyed;
  };
  const finish = () => {
    const usage = { prompt_tokens: 100, completion_tokens: tokens, total_tokens: 100 + tokens };
    response.write(chunk({ choices: [choice({}, "stop")] }));
    response.write(chunk({ choices: [], usage }));
    response.end("data: [DONE]\n\n");
  };
  if (pace === "fast") {
    const goOn = () => {
      if (write(burst)) finish();
      else setImmediate(goOn);
    };
    return goOn();
  }
  write(1);
  const timer = setInterval(() => {
    if (!write(1)) return;
    clearInterval(timer);
    finish();
  }, 1000 / tokensPerSecond);
}

function choice(delta: object, finish_reason: string | null = null) {
  return { index: 0, delta, logprobs: null, finish_reason };
}

function chunk(fields: object): string {
  const common = {
    id: "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "gpt-4o-mini-2024-07-18",
    service_tier: "default",
    system_fingerprint: "fp_06737a9306",
  };
  return `data: ${JSON.stringify({ ...common, ...fields })}\n\n`;
}

listenOnLoopback(server);
