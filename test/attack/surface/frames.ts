import { z } from "zod";
import { clientFrameSchema } from "../../../api/ws/protocol/client-frames.ts";
import { listInputs } from "./json-schema.ts";
import { isRecord, put, type Operation } from "./operation.ts";

/** Every frame that a client may send over the raw WebSocket. */
export function listFrames(): Operation[] {
  return clientFrameSchema.options.map((option) => {
    const type = option.shape.type.value;
    const schema = z.toJSONSchema(option, { io: "input", unrepresentable: "any" });
    const properties = isRecord(schema.properties) ? schema.properties : {};
    return {
      door: "ws",
      name: `frame ${type}`,
      access: "person",
      kind: kindOf(type),
      inputs: hasData(properties.data) ? listInputs(properties.data, schema, "data", true) : [],
      gives: undefined,
      build(values) {
        const frame: Record<string, unknown> = {};
        for (const [path, value] of values) put(frame, path.split("."), value);
        return { type: "frame", frame: { type, data: isRecord(frame.data) ? frame.data : {} } };
      },
    };
  });
}

/** A frame is taken to change something, so that what it does is looked for. */
function kindOf(type: string): Operation["kind"] {
  if (type === "resume" || type === "subscribe") return "stream";
  return type === "ping" ? "read" : "change";
}

function hasData(schema: unknown): boolean {
  return (
    isRecord(schema) && isRecord(schema.properties) && Object.keys(schema.properties).length > 0
  );
}
