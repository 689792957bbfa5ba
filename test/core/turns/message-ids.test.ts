import { describe, expect, it } from "vitest";
import type { ApiKey, KeyRole } from "../../../api/core/access/api-key.ts";
import type { Caller } from "../../../api/core/access/caller.ts";
import type { User } from "../../../api/core/access/user.ts";
import { newId } from "../../../api/core/ids.ts";
import { makeCaller, openProcess, testTenant } from "../../support/core.ts";
import { createManualAnswerer } from "../../support/manual-answerer.ts";
import { makeTenant } from "../../support/tenant.ts";

const createdAt = new Date(0);

function makeUser(id: string): User {
  const profile = { externalId: id, name: null, email: null };
  return { id, tenantId: "demo", ...profile, role: "member", status: "active", createdAt };
}

function makeApiKey(role: KeyRole): ApiKey {
  const names = { id: newId("key"), tenantId: "demo", name: "", prefix: "" };
  return {
    ...names,
    role,
    origins: [],
    createdAt,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  };
}

describe("the id of a message", () => {
  const key = { content: "Question", clientMessageId: newId("msg") };
  const short = { content: "Question", clientMessageId: "1" };

  function openShared(settings: object) {
    const tenant = makeTenant("demo", { ...settings });
    const { store } = openProcess({ answerer: createManualAnswerer() });
    return (caller: Partial<Caller>) =>
      openProcess({
        answerer: createManualAnswerer(),
        store,
        caller: makeCaller({ tenant, ...caller }),
      });
  }

  for (const chat_access of ["link", "visitor"])
    it(`is a user's own, where chats are open to ${chat_access}`, async () => {
      const as = openShared({ chat_access });
      const [ann, ben] = [as({ user: makeUser("user_ann") }), as({ user: makeUser("user_ben") })];
      for (const question of [key, short]) {
        const first = await ann.ask(question);
        const second = await ben.ask({ ...question, content: "Another" });
        const third = await as({ key: makeApiKey("server") }).ask(question);
        expect([first, second, third].map(({ replayed }) => replayed)).toEqual(
          Array(3).fill(false),
        );
        expect(await ann.ask(question)).toMatchObject({
          replayed: true,
          answer: { id: first.answer.id },
        });
        const other = ann.ask({ ...question, content: "Another" });
        await expect(other).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
      }
    });

  it("is one among all servers of the tenant", async () => {
    const as = openShared({});
    const servers: Partial<Caller>[] = [
      { key: makeApiKey("server") },
      { key: makeApiKey("admin"), admin: "tenant" },
      { admin: "platform" },
    ];
    const replayed = [];
    for (const server of servers) replayed.push((await as(server).ask(short)).replayed);
    expect(replayed).toEqual([false, true, true]);
  });

  it("finds what its user asked as a visitor, shown beside or claimed", async () => {
    const as = openShared({ chat_access: "visitor" });
    const user = makeUser("user_ann");
    const visitor = as({ visitorId: "vis_1" });
    const first = await visitor.ask(key);
    const { chatId } = first.question;
    const inChat = await visitor.ask({ ...short, chatId });
    expect(await as({ user, visitorId: "vis_1" }).ask(key)).toMatchObject({
      replayed: true,
      answer: { id: first.answer.id },
    });
    await visitor.store.moveChats(testTenant, "vis_1", user.id);
    const later = as({ user });
    for (const question of [key, { ...key, chatId }])
      expect(await later.ask(question)).toMatchObject({ answer: { id: first.answer.id } });
    expect(await later.ask({ ...short, chatId })).toMatchObject({
      replayed: true,
      answer: { id: inChat.answer.id },
    });
  });

  it("is free where another visitor used it, whose chat the user may not open", async () => {
    const as = openShared({ chat_access: "visitor" });
    await as({ visitorId: "vis_1" }).ask(key);
    const ann = as({ user: makeUser("user_ann"), visitorId: "vis_2" });
    for (const content of ["Another", "Another"]) await ann.ask({ ...key, content });
    const ben = as({ user: makeUser("user_ben") });
    expect(await ben.ask(key)).toMatchObject({ replayed: false });
  });

  it("that a user has used is no visitor's", async () => {
    const as = openShared({});
    await as({ user: makeUser("user_ann") }).ask(key);
    expect(await as({}).ask({ ...key, content: "Another" })).toMatchObject({ replayed: false });
  });
});
