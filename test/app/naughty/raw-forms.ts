import { z } from "zod";
import { AppError, errorTable } from "../../../api/core/errors.ts";
import type { ServerFrame } from "../../../api/ws/protocol.ts";
import { clientFrameSchema } from "../../../api/ws/protocol/client-frames.ts";
import { openWs, RefusedError, type WsClient } from "../../support/ws-client.ts";
import { createResolve, makeLeast, takesText, type JsonSchema } from "./json-schema.ts";
import { findValues, type Answer, type Form } from "./probe.ts";
import { expectDocument, expectMessage } from "./rest-forms.ts";

export interface RawDoor {
  readonly wsUrl: string;
  readonly tenantId: string;
  /** A connection for each lane. */
  readonly clients: readonly WsClient[];
  /** An ended answer for each lane. */
  readonly answerId: (lane: number) => string;
  readonly questionId: (lane: number) => string;
  /** What is stored, as GraphQL gives it back. */
  readonly findMessage: (id: string) => Promise<unknown>;
  readonly findChat: (id: string) => Promise<unknown>;
}

/** Ids, cursors and proofs name what is there already; of other texts each is kept. */
const isSilent = (name: string) =>
  /^(chat_id|message_id|cursor|after)$/.test(name) || isProof(name);
const proofs = ["token", "api_key", "visitor_token", "ticket"];
const isProof = (name: string) => proofs.includes(name);

/** The forms of each frame that a client may send. */
export function makeFrameForms(door: RawDoor): Form[] {
  const document: JsonSchema = Object(z.toJSONSchema(clientFrameSchema));
  const resolve = createResolve(document);
  const frames = (document.oneOf ?? document.anyOf ?? []).map(resolve);
  return frames.flatMap(({ properties = {} }) => {
    const type = String(properties.type?.const);
    const data = resolve(properties.data ?? {});
    const texts = Object.keys(data.properties ?? {}).filter((key) =>
      takesText(data.properties?.[key] ?? {}),
    );
    const makeForm = (fields: readonly string[], silent: boolean): Form[] => {
      const send: Form["send"] = async (values, lane) => {
        const message_id = type === "edit" ? door.questionId(lane) : door.answerId(lane);
        const known = texts.includes("message_id") ? { message_id } : {};
        const least = Object(makeLeast(data, resolve, "something harmless"));
        return exchange(door, lane, type, { ...least, ...known, ...values });
      };
      const expected = ["chat_message", "edit"].includes(type) ? expectMessage : expectDocument;
      return fields.length > 0 ? [{ name: `frame ${type}`, fields, silent, send, expected }] : [];
    };
    const kept = texts.filter((name) => !isSilent(name));
    return [
      ...makeForm(kept, false),
      ...texts.filter(isSilent).flatMap((name) => makeForm([name], true)),
    ];
  });
}

/** Sends a frame and reads on to what answers it. */
async function exchange(
  { clients, findMessage }: RawDoor,
  lane: number,
  type: string,
  data: object,
): Promise<Answer> {
  const client = clients[lane];
  if (!client) throw new Error(`No connection for lane ${lane}`);
  client.send(type, data);
  client.send("ping");
  const frames: ServerFrame[] = [];
  const isOver = (frame: ServerFrame) =>
    frames.some((one) => one.type === "processing")
      ? frame.type === "response_complete" || frame.type === "error"
      : frame.type === "pong";
  do frames.push(await client.next());
  while (!frames.some(isOver));
  const error = frames.find((frame) => frame.type === "error");
  if (error) return refused(error.data.error_code);
  const asked = frames.find((frame) => frame.type === "processing");
  const rated = frames.find((frame) => frame.type === "feedback_saved");
  const named = type === "regenerate" ? asked?.data.message_id : asked?.data.question_id;
  const stored = await findMessage(named ?? rated?.data.message_id ?? "");
  return {
    status: 200,
    found(field) {
      const names = new Map([
        ["message", "content"],
        ["client_message_id", "clientMessageId"],
      ]);
      const found = findValues(stored, names.get(field) ?? field);
      // Both what is told at once and what is stored.
      const told = asked && findValues(asked.data, field);
      return field === "message" || !told ? found : found.filter((value) => told.includes(value));
    },
  };
}

/** What stands in the address of a handshake. */
export function makeHandshakeForms(door: RawDoor): Form[] {
  const send: Form["send"] = async (values) => {
    try {
      return await greet(door, values);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const body: unknown = JSON.parse(await error.body);
      return { status: error.status, code: String(findValues(body, "code")[0]) };
    }
  };
  const leftOut = new Map([["client_id", /^client_\w{26}$/]]);
  return [
    {
      name: "handshake",
      fields: ["client_id", "user_id"],
      send,
      expected: (field, text) => (text === "" ? (leftOut.get(field) ?? null) : undefined),
    },
    { name: "handshake", fields: ["tenant_id"], silent: true, send },
    ...proofs.map((name) => ({ name: "handshake", fields: [name], silent: true, send })),
  ];
}

async function greet(door: RawDoor, values: Readonly<Record<string, string>>): Promise<Answer> {
  const client = await openWs(door.wsUrl, { tenant_id: door.tenantId, ...values });
  try {
    const hello = await client.next();
    let chat: unknown;
    if (values.user_id !== undefined) {
      client.send("chat_message", { message: "Is anybody there?", stream: false });
      chat = await door.findChat((await client.until("processing")).data.chat_id);
    }
    return {
      status: 200,
      found: (field) =>
        field === "user_id" ? findValues(chat, "userId") : findValues(hello, field),
    };
  } finally {
    client.drop();
  }
}

function refused(code: string): Answer {
  const isKnown = (given: string): given is AppError["code"] => given in errorTable;
  return { status: isKnown(code) ? errorTable[code].status : 500, code };
}
