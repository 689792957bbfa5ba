import { expect, inject } from "vitest";
import { createPriceTable } from "../../api/adapters/prices/prices.ts";
import { systemClock } from "../../api/adapters/system/clock.ts";
import { createTokenCounter } from "../../api/adapters/tokenizer/tokens.ts";
import { costOf } from "../../api/core/answering/cost.ts";
import { parseSettings } from "../../api/core/tenant.ts";
import type { BudgetReport } from "../../api/core/usage.ts";
import {
  answerWith,
  startModelServer,
  type ModelRequest,
  type ModelServer,
} from "./openai-server.ts";
import { adminToken, insertTenant, startPlatform, type Platform } from "./platform.ts";
import { openWs, type WsClient } from "./ws-client.ts";

/** The most tokens of an answer, for all models. */
export const replyTokens = 100;

/** So many that no other limit is met. */
const limits = {
  messages_per_minute: 10_000,
  messages_per_day: 100_000,
  concurrent_connections: 1000,
  person_share: 100,
  address_share: 100,
};

/** Two processes on one database and one Redis, over a model with a price that says what the test lets it say. */
export interface BudgetWorld {
  readonly model: ModelServer;
  readonly one: Platform;
  readonly two: Platform;
  /** A further process on the same; its clock goes so many days before. */
  startProcess(days?: number): Promise<Platform>;
  addTenant(id: string, settings?: object): Promise<void>;
  /** Sets the `budget` of its settings, and waits until both processes know. */
  setBudget(tenantId: string, budget: object): Promise<void>;
  /** Today's, as it is told to admins over REST. */
  readBudget(tenantId: string, platform?: Platform): Promise<BudgetReport>;
  ask(platform: Platform, tenantId: string, question?: string): Promise<Asked>;
  /** What a question has to hold, in US dollars; for which it is asked once and costs nothing. */
  probe(tenantId: string, question?: string): Promise<HoldOf>;
  close(): Promise<void>;
}

/** The most that the same question costs with a model. */
export type HoldOf = (model: string) => number;

export interface Asked {
  readonly client: WsClient;
  readonly chatId: string;
  readonly messageId: string;
  /** The first request to the model since it was asked. */
  request(): Promise<ModelRequest>;
  /** The terminal frame; the connection is closed then. */
  end(): Promise<Ending>;
}

export type Ending = Extract<WsClient["frames"][number], { type: "response_complete" | "error" }>;

export async function openBudgetWorld(env: Record<string, string> = {}): Promise<BudgetWorld> {
  const model = await startModelServer();
  const prices = createPriceTable(model.baseUrl);
  const tokens = await createTokenCounter();
  const settings = {
    REDIS_URL: inject("redis").url,
    OPENAI_BASE_URL: model.baseUrl,
    OPENAI_MODEL: "gpt-4",
    MODEL_REPLY_TOKENS: String(replyTokens),
    MODEL_RETRY_MS: "0",
    ...env,
  };
  const one = await startPlatform({ env: settings });
  const startProcess = (days = 0) => {
    const now = () => systemClock.now() + days * 86_400_000;
    const overrides = { clock: { ...systemClock, now } };
    return startPlatform({ env: settings, overrides, database: one.database });
  };
  const two = await startProcess();

  async function ask(platform: Platform, tenantId: string, question = "Question"): Promise<Asked> {
    const index = model.requests.length;
    const client = await openWs(platform.wsUrl, { tenant_id: tenantId });
    client.send("chat_message", { message: question });
    const { chat_id: chatId, message_id: messageId } = (await client.until("processing")).data;
    const request = () => model.nth(index);
    return { client, chatId, messageId, request, end: () => readEnd(client) };
  }

  return {
    model,
    one,
    two,
    startProcess,
    ask,
    addTenant: (id, more = {}) => insertTenant(one, id, { limits, ...more }),
    async setBudget(tenantId, budget) {
      await one.sql("update tenants set settings = settings || $2 where id = $1", [
        tenantId,
        JSON.stringify({ budget }),
      ]);
      const budgetAt = async ({ app }: Platform) =>
        (await app.tenants.findTenant(tenantId))?.settings.budget;
      const expected = parseSettings({ budget }, tenantId).budget;
      for (const platform of [one, two])
        await expect.poll(() => budgetAt(platform), { timeout: 5000 }).toEqual(expected);
    },
    async readBudget(tenantId, platform = one) {
      const headers = { "X-Admin-Token": adminToken, "X-Tenant-ID": tenantId };
      const response = await fetch(`${platform.url}/api/v1/admin/usage`, { headers });
      expect(response.status).toBe(200);
      const { budget } = (await response.json()) as { budget: BudgetReport };
      return budget;
    },
    async probe(tenantId, question) {
      const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
      model.queue(answerWith(["Free of charge."], usage));
      const asked = await ask(one, tenantId, question);
      await asked.end();
      const promptTokens = countPrompt(await asked.request(), (text) => tokens.countTokens(text));
      return (name) => costOf(name, { promptTokens, completionTokens: replyTokens }, prices);
    },
    async close() {
      await two.stop();
      await one.close();
      await model.close();
    },
  };
}

/** With what each message and the whole prompt cost besides. */
function countPrompt({ body }: ModelRequest, count: (text: string) => number): number {
  return body.messages.reduce((sum, { content }) => sum + count(content) + 4, 3);
}

async function readEnd(client: WsClient): Promise<Ending> {
  for (;;) {
    const frame = await client.next();
    if (frame.type !== "response_complete" && frame.type !== "error") continue;
    await client.close();
    return frame;
  }
}
