import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { chatFrames } from "../../api/ws/protocol/chat-frames.ts";
import { clientFrames } from "../../api/ws/protocol/client-frames.ts";
import { serverFrames, turnFrames } from "../../api/ws/protocol/server-frames.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/protocol.md"), "utf8");
const [, section = ""] = /\n## Frames\n([^]*)\n## Limits\n/.exec(page) ?? [];
const fromClient = clientFrames.map((frame) => frame as z.ZodObject);
const fromServer = [...serverFrames, ...turnFrames, ...chatFrames].map(
  (frame) => frame as z.ZodObject,
);

/** The type of each frame and the names that its row says it carries. */
const rows = new Map(
  [...section.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, type = "", data = ""]) => [
    type,
    [...data.matchAll(/`([a-z_]+)`/g)]
      .map(([, name = ""]) => name)
      .filter((name) => name !== "null"),
  ]),
);

const typeOf = ({ shape }: z.ZodObject) => String((shape.type as z.ZodLiteral).value);

function fieldsOf(frame: z.ZodObject): string[] {
  let data: unknown = frame.shape.data;
  while (data instanceof z.ZodOptional || data instanceof z.ZodExactOptional) data = data.unwrap();
  if (data instanceof z.ZodPipe) data = data.in;
  return data instanceof z.ZodObject ? Object.keys(data.shape) : [];
}

describe("the frames of docs/protocol.md", () => {
  test("are all that a client may send", () => {
    const told = [...rows.keys()].filter((type) =>
      fromClient.some((frame) => typeOf(frame) === type),
    );
    expect(told.toSorted()).toEqual(fromClient.map(typeOf).toSorted());
  });

  test("name all that the server sends", () => {
    const untold = fromServer.map(typeOf).filter((type) => !page.includes(`\`${type}\``));
    expect(untold).toEqual([]);
  });

  test.each([...rows.keys()])("%s carries what its row says, and nothing else", (type) => {
    const frames = [...fromClient, ...fromServer].filter((frame) => typeOf(frame) === type);
    const fields = new Set(frames.flatMap(fieldsOf));
    expect([...(rows.get(type) ?? [])].toSorted()).toEqual([...fields].toSorted());
  });
});
