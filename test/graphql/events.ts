/** The events of turns, as a test asks for them, and what a reader makes of them. */

export const eventFields = `__typename messageId chatId attempt cursor place
  ... on ResponseChunk { content offset }
  ... on ResponseComplete { finishReason totalTokens costEstimate totalChunks model degraded
    usageEstimated sources { number title } message { id status content } }
  ... on ResponseError { error { code message } totalChunks }`;

export const followChat = `subscription Follow($chatId: ID!, $after: String) {
  turnEvents(chatId: $chatId, after: $after) { ${eventFields} } }`;

export const followMessage = `subscription Follow($messageId: ID!, $after: String) {
  messageEvents(messageId: $messageId, after: $after) { ${eventFields} } }`;

export interface EventShape {
  readonly __typename: "ResponseStart" | "ResponseChunk" | "ResponseComplete" | "ResponseError";
  readonly messageId: string;
  readonly chatId: string;
  readonly attempt: number;
  readonly cursor: string;
  readonly place: string;
  readonly content?: string;
  readonly offset?: number;
  readonly totalChunks?: number;
  readonly message?: { readonly content: string; readonly status: string } | null;
}

export interface EventResult {
  readonly data?: {
    readonly turnEvents?: EventShape;
    readonly messageEvents?: EventShape;
  } | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
}

/** The event of a result. @throws Error for one with errors */
export function eventOf({ data, errors }: EventResult): EventShape {
  const event = data?.turnEvents ?? data?.messageEvents;
  if (!event || errors) throw new Error(`No event: ${JSON.stringify(errors)}`);
  return event;
}

export function isEnd({ __typename }: EventShape): boolean {
  return __typename === "ResponseComplete" || __typename === "ResponseError";
}

/**
 * The text that the events of one turn add up to, from its start.
 * @throws Error where one is missing, doubled or out of order
 */
export function assemble(events: readonly EventShape[]): string {
  let text = "";
  let attempt = 0;
  for (const [index, event] of events.entries()) {
    if (event.__typename === "ResponseStart") {
      if (event.attempt <= attempt) throw new Error(`Attempt ${event.attempt} after ${attempt}`);
      attempt = event.attempt;
      text = "";
    } else if (event.attempt !== attempt) throw new Error(`An event of ${event.attempt}`);
    if (event.__typename === "ResponseChunk") {
      if (event.offset !== text.length) throw new Error(`A piece at ${event.offset}`);
      text += event.content;
    }
    if (isEnd(event) !== (index === events.length - 1)) throw new Error("The end is misplaced");
  }
  return text;
}
