import { createRecordingLogger } from "./logger.ts";
import { startModelServer, type ModelServer } from "./openai-server.ts";
import { insertTenant, startPlatform, teach, type Platform } from "./platform.ts";
import { assemble, openWs, type WsClient } from "./ws-client.ts";

export const modelKey = "sk-live-0123456789abcdef";

/** The platform with a language model that a test plays; its tenant `garden` has the garden guide. */
export interface ModelPlatform {
  readonly platform: Platform;
  readonly server: ModelServer;
  readonly logger: ReturnType<typeof createRecordingLogger>;
  /** The stored message, with the columns of its table. */
  stored(messageId: string, tenantId?: string): Promise<Record<string, unknown>>;
  /** Asks over a raw WebSocket of its own. */
  ask(question: string, data?: object, tenantId?: string): Promise<ModelTurn>;
  close(): Promise<void>;
}

export interface ModelTurn {
  readonly client: WsClient;
  readonly messageId: string;
  readonly chatId: string;
  /** Takes frames up to the terminal one, and what comes before the answer to a ping behind it. */
  end(): Promise<{ text: string; frame: Ending; ends: number; chunks: number }>;
}

type Ending = Extract<WsClient["frames"][number], { type: "response_complete" | "error" }>;

export async function startModelPlatform(env: Record<string, string> = {}): Promise<ModelPlatform> {
  const server = await startModelServer();
  const logger = createRecordingLogger();
  const model = {
    OPENAI_BASE_URL: server.baseUrl,
    OPENAI_API_KEY: modelKey,
    OPENAI_MODEL: "gpt-4",
    MODEL_RETRY_MS: "0",
  };
  const platform = await startPlatform({ env: { ...model, ...env }, overrides: { logger } });
  await insertTenant(platform, "garden");
  await teach(platform, "garden");

  return {
    platform,
    server,
    logger,
    async stored(messageId, tenantId = "garden") {
      const query = `select * from tenant_${tenantId}.chat_messages where id = $1`;
      const [row] = await platform.adminSql<Record<string, unknown>>(query, [messageId]);
      if (!row) throw new Error(`No message ${messageId}`);
      return row;
    },
    async ask(question, data = {}, tenantId = "garden") {
      const client = await openWs(platform.wsUrl, { tenant_id: tenantId });
      client.send("chat_message", { message: question, ...data });
      const processing = await client.until("processing");
      const { message_id: messageId, chat_id: chatId } = processing.data;
      return { client, messageId, chatId, end: () => readEnd(client, messageId) };
    },
    async close() {
      await platform.close();
      await server.close();
    },
  };
}

async function readEnd(client: WsClient, messageId: string) {
  let frame: Ending | undefined;
  while (!frame) {
    const next = await client.next();
    if (next.type === "response_complete" || next.type === "error") frame = next;
  }
  client.send("ping");
  await client.until("pong");
  const { text, ends, chunks } = assemble(client.frames, messageId);
  await client.close();
  return { text, frame, ends: ends.length, chunks };
}
