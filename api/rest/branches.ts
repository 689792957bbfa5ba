import { createRoute, z } from "@hono/zod-openapi";
import type { Caller } from "../core/access/caller.ts";
import { chooseBranch, openMessage } from "../core/chats.ts";
import { editQuestion, regenerateAnswer } from "../core/turns/branch-turn.ts";
import { wireMessage } from "../core/wire-message.ts";
import { answerTurn, turnDescription, turnHeaders, turnResponses } from "./answer-turn.ts";
import { readJsonBody } from "./body.ts";
import { chatIdParams } from "./chat-id.ts";
import type { Rest, RestDeps } from "./deps.ts";
import { editMessageSchema } from "./fields.ts";
import { messageNotFound } from "./messages.ts";
import { callerAccess, callerErrors, jsonBody, jsonResponse, noStore } from "./operation.ts";
import { agree } from "./post-message.ts";
import { branchPageSchema, wirePage } from "./wire.ts";

const common = { tags: ["messages"], ...callerAccess };
const params = chatIdParams.extend({ message_id: z.string() });
/** Messages that the choice of a branch is answered with. */
const shownAtOnce = 100;

/** POST /chat/{chat_id}/messages/{message_id}/regenerate, …/edit and …/choose */
export function addBranches(rest: Rest, deps: RestDeps): void {
  const path = `${deps.apiPrefix}/chat/{chat_id}/messages/{message_id}` as const;
  const { chats } = deps.reader;

  /** @throws AppError MESSAGE_NOT_FOUND */
  async function check(caller: Caller, given: z.infer<typeof params>): Promise<string> {
    const { id, chatId } = await openMessage(chats, caller, given.message_id);
    if (chatId !== given.chat_id) throw messageNotFound();
    return id;
  }

  const regenerate = createRoute({
    ...common,
    method: "post",
    path: `${path}/regenerate` as const,
    summary: "Ask for another answer to the same question",
    description: `Of an answer that has ended. The new one is shown in its place from now on; what was shown from the old one on is kept,
as a branch that can be chosen again. It counts as a message.

${turnDescription}`,
    request: { params, headers: turnHeaders },
    responses: turnResponses,
  });
  rest.openapi(regenerate, (c) =>
    answerTurn(c, deps, async () => {
      const messageId = await check(c.var.caller, c.req.valid("param"));
      const clientMessageId = c.req.valid("header")["idempotency-key"];
      return regenerateAnswer(deps.start, c.var.caller, { messageId, clientMessageId });
    }),
  );

  const edit = createRoute({
    ...common,
    method: "post",
    path: `${path}/edit` as const,
    summary: "Ask another question in place of one",
    description: `The new question and its answer are shown from now on; what was shown from the old one on is kept, as a branch that
can be chosen again. It counts as a message.

${turnDescription}`,
    middleware: readJsonBody,
    request: { params, headers: turnHeaders, body: jsonBody(editMessageSchema) },
    responses: turnResponses,
  });
  rest.openapi(edit, (c) =>
    answerTurn(c, deps, async () => {
      const { content, client_message_id } = c.req.valid("json");
      const clientMessageId = agree(client_message_id, c.req.valid("header")["idempotency-key"]);
      const messageId = await check(c.var.caller, c.req.valid("param"));
      const edited = { messageId, content, clientMessageId };
      return editQuestion(deps.start, c.var.caller, edited);
    }),
  );

  const choose = createRoute({
    ...common,
    method: "post",
    path: `${path}/choose` as const,
    summary: "Show the branch of a message",
    description:
      "The history shows that message, what is before it, and below it what was asked and answered last. " +
      "Nothing is lost: the other branch can be chosen again. One that is shown already stays as it is.",
    request: { params },
    responses: {
      200: jsonResponse("What the history shows from the fork on", branchPageSchema),
      ...callerErrors("FEATURE_DISABLED", "CHAT_NOT_FOUND", "MESSAGE_NOT_FOUND"),
    },
  });
  rest.openapi(choose, async (c) => {
    const { caller } = c.var;
    const { chatId, forkId } = await chooseBranch(
      chats,
      caller,
      await check(caller, c.req.valid("param")),
    );
    const page = await chats.listMessagesBehind(caller.tenant, chatId, forkId, shownAtOnce);
    return c.json({ parent_id: forkId, ...wirePage(page, wireMessage) }, 200, noStore);
  });
}
