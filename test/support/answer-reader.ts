import type { TurnFrame } from "../../api/ws/protocol.ts";

/** Puts the frames of one turn together and takes nothing that docs/protocol.md excludes. */
export interface AnswerReader {
  readonly text: string;
  readonly attempt: number;
  /** The last one seen. */
  readonly cursor: string | undefined;
  /** @returns whether the answer is complete. @throws Error that says what is wrong with the frame. */
  take(frame: TurnFrame): boolean;
}

export function createAnswerReader(): AnswerReader {
  let text = "";
  let attempt = 0;
  let cursor: string | undefined;
  let isOver = false;

  function place(frame: TurnFrame): boolean {
    switch (frame.type) {
      case "response_start":
        if (frame.data.attempt <= attempt)
          throw new Error(`attempt ${frame.data.attempt} starts after attempt ${attempt}`);
        attempt = frame.data.attempt;
        text = "";
        return false;
      case "response_chunk":
        if (frame.data.attempt !== attempt || frame.data.offset !== text.length)
          throw new Error(
            `a chunk of attempt ${frame.data.attempt} at ${frame.data.offset} comes at ${text.length} of attempt ${attempt}`,
          );
        text += frame.data.content;
        return false;
      case "response_complete":
        if (frame.data.attempt !== attempt)
          throw new Error(`attempt ${frame.data.attempt} ends attempt ${attempt}`);
        if (frame.data.finish_reason !== "stop")
          throw new Error(`it ends with ${frame.data.finish_reason}`);
        return true;
      case "error":
        throw new Error(`it ends with ${frame.data.error_code}: ${frame.data.message}`);
    }
  }

  return {
    get text() {
      return text;
    },
    get attempt() {
      return attempt;
    },
    get cursor() {
      return cursor;
    },
    take(frame) {
      if (isOver) throw new Error(`${frame.type} comes after the end`);
      isOver = place(frame);
      cursor = frame.data.cursor;
      return isOver;
    },
  };
}
