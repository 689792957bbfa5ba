import { describe, expect, it } from "vitest";
import { canOpenChat, requireVisitor, type Caller } from "../../api/core/caller.ts";
import { makeTenant } from "../support/tenant.ts";

const make = (
  visitorId: string | undefined,
  chatAccess = "link",
  clientId: string | undefined = "c1",
): Caller => ({
  tenant: makeTenant("demo", { chat_access: chatAccess }),
  visitorId,
  clientId,
});

describe("a chat can be opened", () => {
  it("by everyone who has its id, where the tenant leaves it at that", () => {
    for (const ownerId of [null, "vis_1"]) {
      for (const visitorId of [undefined, "vis_1", "vis_2"]) {
        expect(canOpenChat(make(visitorId), { ownerId })).toBe(true);
      }
    }
  });

  it("by the proven visitor who made it and nobody else, where the tenant asks for the proof", () => {
    expect(canOpenChat(make("vis_1", "visitor"), { ownerId: "vis_1" })).toBe(true);
    expect(canOpenChat(make("vis_2", "visitor"), { ownerId: "vis_1" })).toBe(false);
    expect(canOpenChat(make(undefined, "visitor"), { ownerId: "vis_1" })).toBe(false);
    expect(canOpenChat(make(undefined, "visitor"), { ownerId: null })).toBe(false);
    expect(canOpenChat(make("vis_1", "visitor"), { ownerId: null })).toBe(false);
  });
});

it("a visitor is required by its proof, not by a label", () => {
  expect(requireVisitor(make("vis_1"))).toBe("vis_1");
  expect(() => requireVisitor(make(undefined))).toThrow(
    expect.objectContaining({ code: "VISITOR_TOKEN_REQUIRED" }),
  );
});
