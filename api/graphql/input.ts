import { z } from "zod";
import { tokenSeconds } from "../core/access/sign-in.ts";
import { maxExternalIdLength } from "../core/access/user.ts";
import { findContextFault, isContext } from "../core/chat-context.ts";
import { AppError } from "../core/errors.ts";
import { isStorable, notStorable } from "../core/storable.ts";

/** Kept as it is, or refused. */
const text = () => z.string().refine(isStorable, notStorable);
const filled = () => text().refine((value) => value.trim() !== "", "Holds nothing but blanks");
const label = () => text().max(128).nullish();
export const title = () => filled().min(1).max(200);

export const newChatInput = z.object({
  title: title().nullish(),
  userId: label(),
  visitorId: label(),
  // Not a record of zod's, which drops the name `__proto__` in silence.
  context: z
    .custom<Record<string, unknown>>(isContext, "An object is expected")
    .superRefine((context, refinement) => {
      const fault = findContextFault(context);
      if (fault) refinement.addIssue({ code: "custom", message: fault });
    })
    .nullish(),
});

export const renameChatInput = z.object({ title: title() });

export const sendMessageInput = z.object({
  chatId: z.string().min(1).nullish(),
  content: z.string(),
  messageType: filled().min(1).max(64).nullish(),
  clientMessageId: text().min(1).max(128).nullish(),
});

export const regenerateAnswerInput = z.object({
  messageId: z.string(),
  clientMessageId: text().min(1).max(128).nullish(),
});

export const editQuestionInput = regenerateAnswerInput.extend({ content: z.string() });

export const createUserTokenInput = z.object({
  externalId: filled().max(maxExternalIdLength),
  name: filled().max(200).nullish(),
  email: filled().max(320).nullish(),
  expiresIn: z.int().min(tokenSeconds.least).max(tokenSeconds.most).nullish(),
});

export const claimChatsInput = z.object({ visitorToken: z.string().min(1).max(8192) });

/** The input as its fields may be. @throws AppError INVALID_REQUEST that names the first fault */
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = ["input", ...(issue?.path ?? [])].map(String).join(".");
  const cause = result.error;
  throw new AppError("INVALID_REQUEST", `${path}: ${issue?.message ?? "invalid"}`, { cause });
}
