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

export const Branches = builder.enumType("Branches", {
  description: "Of which branches a history is read.",
  values: {
    CHOSEN: { value: "chosen", description: "The one that is shown." },
    ALL: { value: "all", description: "All; `parentId` says what each message follows." },
  } as const,
});

export const Rating = builder.enumType("Rating", {
  values: { UP: { value: "up" }, DOWN: { value: "down" } } as const,
});

export const TenantStatus = builder.enumType("TenantStatus", {
  values: {
    ACTIVE: { value: "active" },
    SUSPENDED: {
      value: "suspended",
      description: "Refused at every door like one that doesn't exist.",
    },
  } as const,
});

export const KeyRole = builder.enumType("KeyRole", {
  values: {
    PUBLISHABLE: { value: "publishable", description: "`pk_…`, for pages: may chat only." },
    SERVER: { value: "server", description: "`sk_…`: reaches all chats, makes tokens for users." },
    ADMIN: { value: "admin", description: "`sk_…`: administers its tenant besides." },
  } as const,
});

export const UserRole = builder.enumType("UserRole", {
  values: {
    MEMBER: { value: "member" },
    ADMIN: { value: "admin", description: "Administers the tenant." },
  } as const,
});

export const UserStatus = builder.enumType("UserStatus", {
  values: {
    ACTIVE: { value: "active" },
    BLOCKED: { value: "blocked", description: "Refused at every door." },
  } as const,
});
