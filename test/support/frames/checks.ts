import { parseClientFrame } from "../../../api/ws/protocol.ts";
import { describeRawDoor } from "../../../api/ws/docs/asyncapi.ts";
import { createFrameValidator, type AsyncApi, type CheckFrame } from "./validator.ts";

export interface FrameChecks {
  readonly server: CheckFrame;
  /** Says "refused" of what the server's parser doesn't take: it has to be answered with an error, and needn't be as described. */
  readonly client: CheckFrame;
}

/** Holds frames against what this tree serves as `/asyncapi.json`. */
export function createFrameChecks(): FrameChecks {
  const document = describeRawDoor({ version: "0.0.0", paths: ["/ws"] });
  const { client, server } = createFrameValidator(document as unknown as AsyncApi);
  return { server, client: (text) => (isTaken(text) ? client(text) : "refused") };
}

function isTaken(text: string): boolean {
  try {
    parseClientFrame(text);
    return true;
  } catch {
    return false;
  }
}
