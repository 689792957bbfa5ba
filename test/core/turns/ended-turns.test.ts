import { expect, it } from "vitest";
import { readTurn } from "../../../api/core/turns/read-turn.ts";
import { completed, makeFinish } from "../../contracts/store-fixtures.ts";
import { assemble, follow, testTenant } from "../../support/core.ts";
import { openSavedTurn } from "../../support/saved-turn.ts";

it("readers of a turn that has ended hold one text together", async () => {
  const { store, answer, turn, reader } = await openSavedTurn();
  await store.finishTurn(testTenant, answer.id, 1, makeFinish("The answer", completed));
  const never = new AbortController().signal;
  const open = () => readTurn(reader, testTenant, turn, undefined, never);
  const first = open();
  await first.next();
  const view = reader.log.ended.find(turn);
  expect(view).toMatchObject({ text: "The answer", ending: completed });
  const second = follow(open());
  await second.done;
  expect(assemble(second.events)).toBe("The answer");
  expect(reader.log.ended.find(turn)).toBe(view);
  expect(reader.log.ended.find({ ...turn, tenantId: "other" })).toBeUndefined();
  const rest = follow(first);
  await rest.done;
  expect(rest.events.map(({ type }) => type)).toEqual(["chunk", "end"]);
});
