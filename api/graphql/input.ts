import { z } from "zod";
import { findContextFault } from "../core/chat-context.ts";
import { AppError } from "../core/errors.ts";

/** What PostgreSQL can hold: NUL is dropped, half a surrogate pair becomes U+FFFD. */
function makeStorable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

const text = () => z.string().overwrite(makeStorable);
const label = () => text().max(128).nullish();
export const title = () => text().trim().min(1).max(200);

export const newChatInput = z.object({
  title: title().nullish(),
  userId: label(),
  visitorId: label(),
  context: z
    .record(z.string(), z.unknown())
    .superRefine((context, refinement) => {
      const fault = findContextFault(context);
      if (fault) refinement.addIssue({ code: "custom", message: fault });
    })
    .nullish(),
});

export const renameChatInput = z.object({ title: title() });

export const sendMessageInput = z.object({
  chatId: z.string().nullish(),
  content: z.string(),
  messageType: text().trim().min(1).max(64).nullish(),
  clientMessageId: text().min(1).max(128).nullish(),
});

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
