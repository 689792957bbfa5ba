export interface SseEvent {
  readonly id: string | undefined;
  readonly event: string;
  /** The frame: its `type` and `data`. */
  readonly frame: { type: string; data: Record<string, unknown> };
}

export interface SseReader {
  /** The next event; undefined at the end of the stream. Comments and settings are kept apart. */
  next(): Promise<SseEvent | undefined>;
  /** Everything up to the end of the stream. */
  rest(): Promise<SseEvent[]>;
  leave(): Promise<void>;
  readonly comments: readonly string[];
  readonly settings: readonly string[];
}

/** Reads a response's server-sent events one by one, as it is asked for them. */
export function readEvents(response: Response): SseReader {
  if (!response.body) throw new Error("The response has no body");
  // Read as it is: a stream piped through another one would be read ahead.
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const comments: string[] = [];
  const settings: string[] = [];
  let text = "";

  async function next(): Promise<SseEvent | undefined> {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        if (block.startsWith(":")) comments.push(block);
        else if (block.startsWith("retry: ")) settings.push(block);
        else return parseBlock(block);
        continue;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  }

  return {
    next,
    async rest() {
      const events: SseEvent[] = [];
      for (let event = await next(); event; event = await next()) events.push(event);
      return events;
    },
    leave: () => reader.cancel(),
    comments,
    settings,
  };
}

function parseBlock(block: string): SseEvent {
  const fields = new Map(
    block
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(": ") + 2)]),
  );
  return {
    id: fields.get("id"),
    event: fields.get("event") ?? "message",
    frame: JSON.parse(fields.get("data") ?? ""),
  };
}

/** The text that the chunks among some events make, each in its place behind the text `before` them. */
export function textOf(events: readonly SseEvent[], before = ""): string {
  let text = before;
  for (const { event, frame } of events) {
    if (event === "response_start") text = "";
    if (event === "response_chunk")
      text = text.slice(0, Number(frame.data["offset"])) + String(frame.data["content"]);
  }
  return text;
}
