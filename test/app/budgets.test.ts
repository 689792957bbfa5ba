import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openBudgetWorld, type Asked, type BudgetWorld } from "../support/budget-world.ts";
import { answerWith, sampleUsage, type ModelRequest } from "../support/openai-server.ts";
import { openWs } from "../support/ws-client.ts";

let world: BudgetWorld;

beforeAll(async () => {
  world = await openBudgetWorld();
});

afterEach(() => world.model.use(undefined));

afterAll(() => world?.close());

/** What `sampleUsage` costs with gpt-4: 30 dollars for a million tokens of the prompt, 60 for one of the answer. */
const sampleCost = 120 * 30e-6 + 30 * 60e-6;

/** A tenant that can pay for so many answers at a time, and refuses what is beyond. @returns what one has to hold. */
async function addTenant(id: string, answers: number): Promise<number> {
  await world.addTenant(id);
  const hold = (await world.probe(id))("gpt-4");
  await world.setBudget(id, { usd_per_day: answers * hold, at_limit: [] });
  return hold;
}

/** Answers as a good model does. */
function finish(request: ModelRequest): void {
  answerWith(["An answer."])(request);
}

const budgetOf = (tenantId: string) => world.readBudget(tenantId);
const codeOf = async (asked: Asked) => {
  const frame = await asked.end();
  return frame.type === "error" ? frame.data.error_code : frame.data.finish_reason;
};

test("of 50 questions at once at two processes as many are asked of the model as the budget holds", async () => {
  const { model, one, two } = world;
  const hold = await addTenant("exact", 10.5);
  const from = model.requests.length;
  const asked = await Promise.all(
    Array.from({ length: 50 }, (_, at) => world.ask(at % 2 === 0 ? one : two, "exact")),
  );
  const ends = asked.map(codeOf);
  const counts = new Map<unknown, number>();
  for (const end of ends) void end.then((code) => counts.set(code, (counts.get(code) ?? 0) + 1));
  await expect.poll(() => counts.get("BUDGET_EXCEEDED"), { timeout: 15_000 }).toBe(40);
  const given = await Promise.all(Array.from({ length: 10 }, (_, at) => model.nth(from + at)));
  expect(await budgetOf("exact")).toEqual({
    limit: 10.5 * hold,
    spent: 0,
    held: expect.closeTo(10 * hold, 8),
  });
  expect(given.every(({ body }) => body.max_tokens === 100)).toBe(true);
  for (const request of given) finish(request);
  await Promise.all(ends);
  expect(counts).toEqual(
    new Map([
      ["BUDGET_EXCEEDED", 40],
      ["stop", 10],
    ]),
  );
  expect(model.requests).toHaveLength(from + 10);
  expect(await budgetOf("exact")).toMatchObject({
    spent: expect.closeTo(10 * sampleCost, 8),
    held: 0,
  });
});

test("what answers didn't cost after all can be spent, until the day's money is gone, and never more", async () => {
  const { model, one, two } = world;
  const hold = await addTenant("spent", 4);
  model.use(finish);
  const codes: unknown[] = [];
  for (let at = 0; at < 12; at += 1)
    codes.push(await codeOf(await world.ask(at % 2 === 0 ? one : two, "spent")));
  // The last one begins while the most that it can cost is still there.
  const most = Math.floor((4 * hold - hold) / sampleCost) + 1;
  expect(most).toBeLessThan(12);
  expect(codes.filter((code) => code === "stop")).toHaveLength(most);
  expect(codes.slice(most).every((code) => code === "BUDGET_EXCEEDED")).toBe(true);
  const { limit, spent, held } = await budgetOf("spent");
  expect(held).toBe(0);
  expect(spent).toBeCloseTo(most * sampleCost, 8);
  expect(spent).toBeLessThanOrEqual(limit ?? 0);
});

test("on the next day it works again", async () => {
  const { model, one } = world;
  const hold = await addTenant("tomorrow", 1.5);
  model.use(finish);
  // It costs nearly all that it held.
  model.queue(answerWith(["Dear."], { ...sampleUsage, prompt_tokens: hold / 30e-6 }));
  expect(await codeOf(await world.ask(one, "tomorrow"))).toBe("stop");
  expect(await codeOf(await world.ask(one, "tomorrow"))).toBe("BUDGET_EXCEEDED");
  const next = await world.startProcess(1);
  try {
    expect(await codeOf(await world.ask(next, "tomorrow"))).toBe("stop");
    expect(await world.readBudget("tomorrow", next)).toMatchObject({
      spent: expect.closeTo(sampleCost, 8),
      held: 0,
    });
    expect(await codeOf(await world.ask(one, "tomorrow"))).toBe("BUDGET_EXCEEDED");
  } finally {
    await next.stop();
  }
});

test("an answer that is cancelled is charged for what came of it, and frees the rest", async () => {
  const { one, two } = world;
  const hold = await addTenant("cancel", 1);
  const first = await world.ask(one, "cancel");
  const request = await first.request();
  request.say("Half");
  await first.client.until("response_chunk");
  expect(await codeOf(await world.ask(two, "cancel"))).toBe("BUDGET_EXCEEDED");
  first.client.send("cancel", { message_id: first.messageId });
  expect(await codeOf(first)).toBe("cancelled");
  const { spent, held } = await budgetOf("cancel");
  expect(held).toBe(0);
  expect(spent).toBeGreaterThan(0);
  expect(spent).toBeLessThan(hold);
});

test("a model that fails before the first piece costs nothing, and what was held for it is free", async () => {
  const { model, one } = world;
  await addTenant("down", 1);
  model.use((request) => request.fail(400));
  for (let count = 0; count < 3; count += 1)
    expect(await codeOf(await world.ask(one, "down"))).toBe("MODEL_REFUSED_REQUEST");
  expect(await budgetOf("down")).toMatchObject({ spent: 0, held: 0 });
});

test("a chat that is deleted at the other process is charged for all that its answer held", async () => {
  const { one, two } = world;
  const hold = await addTenant("deleted", 1);
  const asked = await world.ask(one, "deleted");
  const { client, chatId } = asked;
  const request = await asked.request();
  request.say("Half");
  await client.until("response_chunk");
  const headers = { "X-Tenant-ID": "deleted" };
  const url = `${two.url}/api/v1/chat/${chatId}`;
  expect((await fetch(url, { method: "DELETE", headers })).status).toBe(204);
  await request.closed;
  expect(await budgetOf("deleted")).toMatchObject({ spent: expect.closeTo(hold, 8), held: 0 });
  await client.close();
});

test("an answer that was handed over is charged for all that it held first, and for its own cost", async () => {
  const { model, two } = world;
  const hold = await addTenant("handed", 2);
  const leaving = await world.startProcess();
  const asked = await world.ask(leaving, "handed");
  const { client, messageId } = asked;
  const first = await asked.request();
  first.say("Half");
  await client.until("response_chunk");
  const again = model.nth(model.requests.length);
  await leaving.stop();
  const second = await again;
  expect(await budgetOf("handed")).toMatchObject({ spent: 0, held: expect.closeTo(2 * hold, 8) });
  const reader = await openWs(two.wsUrl, { tenant_id: "handed" });
  reader.send("resume", { message_id: messageId });
  finish(second);
  await reader.until("response_complete");
  expect(await budgetOf("handed")).toMatchObject({
    spent: expect.closeTo(hold + sampleCost, 8),
    held: 0,
  });
  await reader.close();
});
