import { builder } from "./builder.ts";

export const MessageRole = builder.enumType("MessageRole", {
  values: {
    USER: { value: "user" },
    ASSISTANT: { value: "assistant" },
    SYSTEM: { value: "system" },
  } as const,
});

export const MessageStatus = builder.enumType("MessageStatus", {
  values: {
    QUEUED: { value: "queued", description: "The turn waits to be started." },
    STREAMING: { value: "streaming", description: "The answer is being written." },
    COMPLETE: { value: "complete" },
    ERROR: { value: "error", description: "The turn failed; see `error`." },
  } as const,
});

export const FinishReason = builder.enumType("FinishReason", {
  values: {
    STOP: { value: "stop", description: "The answer is whole." },
    LENGTH: { value: "length", description: "The model reached its limit." },
    CANCELLED: { value: "cancelled", description: "A caller stopped it." },
    CONTENT_FILTER: { value: "content_filter", description: "The model's provider stopped it." },
  } as const,
});

export const Rating = builder.enumType("Rating", {
  values: { UP: { value: "up" }, DOWN: { value: "down" } } as const,
});
