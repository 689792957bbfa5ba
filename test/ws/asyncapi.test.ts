import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { errorTable } from "../../api/core/errors.ts";
import { describeRawDoor } from "../../api/ws/docs/asyncapi.ts";
import { parseClientFrame } from "../../api/ws/protocol.ts";
import { clientFrames } from "../../api/ws/protocol/client-frames.ts";
import { serverFrames } from "../../api/ws/protocol/server-frames.ts";
import { createPlatform, prefix } from "../rest/platform.ts";
import { createFrameValidator, type AsyncApi } from "../support/frames/validator.ts";

interface Served extends AsyncApi {
  readonly asyncapi: string;
  readonly channels: Record<
    string,
    {
      address: string;
      "x-close-codes": { code: number }[];
      bindings: { ws: { query: { properties: object; required: string[] } } };
    }
  >;
  readonly components: AsyncApi["components"] & {
    messages: Record<
      string,
      { payload: object; description: string; examples: { payload: object }[] }
    >;
  };
}

let text: string;
let served: Served;
beforeAll(async () => {
  text = await (await createPlatform().call("/asyncapi.json")).text();
  served = JSON.parse(text);
});

describe("/asyncapi.json", () => {
  test("is AsyncAPI 3.0, by its own schema", () => {
    const specs = createRequire(import.meta.url)("@asyncapi/specs") as {
      schemasWithoutId: Record<string, object>;
    };
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const schema = specs.schemasWithoutId["3.0.0"];
    expect(served.asyncapi).toBe("3.0.0");
    const validate = ajv.compile(schema ?? {});
    validate(served);
    expect(validate.errors).toBeNull();
  });

  test("leads nowhere: every reference in it is there", () => {
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? "");
    expect(references.length).toBeGreaterThan(50);
    const document = JSON.parse(text);
    for (const path of references) {
      const found: unknown = path.split("/").reduce((value, key) => value?.[key], document);
      expect(found, path).toBeTypeOf("object");
    }
  });

  test("is what the frames of this run are held against", () => {
    const document = describeRawDoor({ version: "0.0.0", paths: ["/ws"] });
    expect(served.components).toEqual(JSON.parse(JSON.stringify(document.components)));
  });

  test("has every path of the door, and every frame with what it is for and an example", () => {
    expect(Object.values(served.channels).map(({ address }) => address)).toEqual([
      `${prefix}/ws/chat`,
      `${prefix}/ws`,
      "/ws",
      "/api/ws",
    ]);
    const messages = Object.values(served.components.messages);
    expect(messages).toHaveLength(clientFrames.length + serverFrames.length);
    for (const { description, examples } of messages) {
      expect(description).toMatch(/\w.*\.$/s);
      expect(examples.length).toBeGreaterThan(0);
    }
  });

  test("describes its own examples, and the parser takes the client's", () => {
    const check = createFrameValidator(served);
    const types = new Set<string>(clientFrames.map(({ shape }) => shape.type.value));
    for (const [name, { examples }] of Object.entries(served.components.messages))
      for (const { payload } of examples) {
        const frame = JSON.stringify(payload);
        if (!types.has(name)) expect(check.server(frame), frame).toBeUndefined();
        else {
          expect(check.client(frame), frame).toBeUndefined();
          parseClientFrame(frame);
        }
      }
  });

  test("says of a client's frame what the parser says", () => {
    const check = createFrameValidator(served);
    const frames: unknown[] = [
      { type: "auth", data: {} },
      { type: "auth", data: { token: null } },
      { type: "auth", data: { token: null, ticket: "x" } },
      { type: "auth", data: { token: "" } },
      { type: "chat_message", data: {} },
      { type: "chat_message", data: { message: "hi", chat_id: null } },
      { type: "chat_message", data: { message: "hi", client_message_id: "" } },
      { type: "chat_message", data: { message: "hi", client_message_id: "a\u0007" } },
      { type: "chat_message", data: { message: "hi", client_message_id: "ä".repeat(128) } },
      { type: "chat_message", data: { message: "hi", client_message_id: "ä".repeat(129) } },
      { type: "resume", data: { message_id: "x".repeat(129) } },
      { type: "resume", data: { message_id: "x", cursor: "y".repeat(65) } },
      { type: "feedback", data: { message_id: "x" } },
      { type: "feedback", data: { message_id: "x", rating: null, comment: null } },
      { type: "ping" },
      { type: "ping", data: null },
      { type: "nothing", data: {} },
      {},
    ];
    const takes = (frame: string) => {
      try {
        return Boolean(parseClientFrame(frame));
      } catch {
        return false;
      }
    };
    const answers = frames.map((frame) => JSON.stringify(frame));
    expect(answers.filter((frame) => check.client(frame) === undefined)).toEqual(
      answers.filter(takes),
    );
    expect(answers.filter(takes)).toHaveLength(5);
  });

  test("has the close codes and the parameters that docs/protocol.md has", async () => {
    const docs = await readFile(join(import.meta.dirname, "../../docs/protocol.md"), "utf8");
    const told = docs.split("### When the connection closes")[1]?.split("\n\n")[1] ?? "";
    const codes = [...told.matchAll(/\b(?:1|4)\d{3}\b/g)].map(([code]) => Number(code));
    const parameters = (docs.split("| parameter | meaning |")[1]?.split("\n\n")[0] ?? "")
      .split("\n")
      .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)])
      .map(([, name = ""]) => name);
    for (const channel of Object.values(served.channels)) {
      const described = channel["x-close-codes"].map(({ code }) => code);
      expect(described).toEqual(codes.toSorted((a, b) => a - b));
      const { properties, required } = channel.bindings.ws.query;
      expect(Object.keys(properties).toSorted()).toEqual(parameters.toSorted());
      expect(required).toEqual(["tenant_id"]);
    }
    // 4409 refuses frames and requests, never a connection.
    const closing = Object.values(errorTable).map(({ close }) => close);
    expect(codes).toEqual(
      expect.arrayContaining([...new Set<number>(closing)].filter((code) => code !== 4409)),
    );
  });
});

describe("the page of the frames", () => {
  test("needs nothing from outside and no script, and its policy allows none", async () => {
    const { call } = createPlatform();
    const response = await call("/docs/websocket");
    const html = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
    const policy = response.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none';");
    expect(policy).not.toMatch(/script|unsafe|http/);
    expect(html).not.toMatch(/<script|style=|https?:|\son\w+=/);
    const addresses = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, to]) => to ?? "");
    expect(addresses).toContain("/docs/websocket.css");
    for (const address of addresses) expect((await call(address)).status, address).toBe(200);
  });

  test("shows every frame, field and close code, and every link on it leads to its place", async () => {
    const html = await (await createPlatform().call("/docs/websocket")).text();
    const places = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const name of Object.keys(served.components.messages))
      expect(places).toContain(`frame-${name}`);
    for (const [, place] of html.matchAll(/href="#([^"]+)"/g)) expect(places).toContain(place);
    const fields = Object.values(served.components.messages).flatMap(({ payload }) => {
      const { data } = (payload as { properties: { data?: { properties?: object } } }).properties;
      return Object.keys(data?.properties ?? {});
    });
    expect(fields.length).toBeGreaterThan(50);
    for (const field of fields) expect(html).toContain(`<code>data.${field}</code>`);
    for (const { code } of served.channels["ws"]?.["x-close-codes"] ?? [])
      expect(html).toContain(`<td>${code}</td>`);
    expect(html).not.toMatch(/undefined|\[object/);
  });
});
