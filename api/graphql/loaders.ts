import DataLoader from "dataloader";
import type { Chat } from "../core/chats.ts";
import type { Message, ShownMessage, Variants } from "../core/message.ts";
import type { ChatStore, Page } from "../core/ports.ts";
import type { Tenant } from "../core/tenant.ts";

/** Looks up together what the fields of one operation ask for one by one. */
export interface Loaders {
  readonly chats: DataLoader<string, Chat | undefined>;
  readonly messages: DataLoader<string, Message | undefined>;
  readonly variants: DataLoader<string, Variants | undefined>;
  readonly firstMessages: DataLoader<FirstMessages, Page<ShownMessage>, string>;
}

/** The first page of a chat's messages. */
export interface FirstMessages {
  readonly chatId: string;
  readonly limit: number;
}

export function createLoaders(chats: ChatStore, tenant: Tenant): Loaders {
  const loaders: Loaders = {
    chats: new DataLoader(async (ids) => inOrder(ids, await chats.findChats(tenant, ids))),
    messages: new DataLoader(async (ids) => inOrder(ids, await chats.findMessages(tenant, ids))),
    variants: new DataLoader(async (ids) => {
      const found = await chats.findVariants(tenant, ids);
      return ids.map((id) => found.get(id));
    }),
    firstMessages: new DataLoader(
      async (keys) => {
        const pages = await loadPages(chats, tenant, keys);
        for (const page of pages) primeMessages(loaders, page);
        return pages;
      },
      { cacheKeyFn: ({ chatId, limit }) => `${limit}/${chatId}` },
    ),
  };
  return loaders;
}

/** Keeps what a page of a history has told. */
export function primeMessages(
  { messages, variants }: Loaders,
  { items }: Page<ShownMessage>,
): void {
  for (const message of items) {
    messages.prime(message.id, message);
    variants.prime(message.id, message.variants);
  }
}

function inOrder<Row extends { readonly id: string }>(
  ids: readonly string[],
  rows: readonly Row[],
): (Row | undefined)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id));
}

/** One look for each size of page that is asked for. */
async function loadPages(
  chats: ChatStore,
  tenant: Tenant,
  keys: readonly FirstMessages[],
): Promise<Page<ShownMessage>[]> {
  const bySize = Map.groupBy(keys, ({ limit }) => limit);
  const looks = [...bySize].map(async ([limit, group]) => {
    const ids = group.map(({ chatId }) => chatId);
    return [limit, await chats.listFirstMessages(tenant, ids, limit)] as const;
  });
  const found = new Map(await Promise.all(looks));
  const empty = { items: [], next: null, cursors: [] };
  return keys.map(({ chatId, limit }) => found.get(limit)?.get(chatId) ?? empty);
}
