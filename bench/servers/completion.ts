export interface ChatMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
}

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[];
  readonly usage?: { readonly total_tokens: number } | null;
}

/** Asks the model by `fetch` and reads its stream by hand. Yields each token; returns how many were used. */
export async function* complete(
  baseUrl: string,
  messages: readonly ChatMessage[],
): AsyncGenerator<string, number, undefined> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "gpt-4o-mini",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    }),
  });
  if (!response.ok || !response.body) throw new Error(`The model answered ${response.status}`);
  const decoder = new TextDecoder();
  let rest = "";
  let used = 0;
  for await (const part of response.body) {
    rest += decoder.decode(part, { stream: true });
    let end: number;
    while ((end = rest.indexOf("\n\n")) >= 0) {
      const data = rest.slice("data: ".length, end);
      rest = rest.slice(end + 2);
      if (data === "[DONE]") return used;
      const { choices, usage }: Chunk = JSON.parse(data);
      const content = choices[0]?.delta.content;
      if (content) yield content;
      used = usage?.total_tokens ?? used;
    }
  }
  throw new Error("The model broke off");
}
