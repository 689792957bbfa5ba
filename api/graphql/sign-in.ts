import {
  claimChats,
  exchangeToken,
  giveTicket,
  refreshableMs,
  refreshToken,
  ticketSeconds,
  tokenSeconds,
  type NewTicket,
  type NewToken,
} from "../core/access/sign-in.ts";
import { maxExternalIdLength } from "../core/access/user.ts";
import { builder } from "./builder.ts";
import type { GraphqlContext } from "./context.ts";
import { checkInput, claimChatsInput, createUserTokenInput } from "./input.ts";
import { User } from "./user.ts";

const signIn = ({ services }: GraphqlContext) => ({
  ...services.gate,
  chats: services.reader.chats,
  audit: services.admin.audit,
});

const CreateUserTokenInput = builder.inputType("CreateUserTokenInput", {
  fields: (t) => ({
    externalId: t.id({
      required: true,
      description: `The host site's own id, at most ${maxExternalIdLength} characters.`,
    }),
    name: t.string({ description: "At most 200 characters." }),
    email: t.string({ description: "At most 320 characters." }),
    expiresIn: t.int({
      description:
        `Seconds, from ${tokenSeconds.least} to ${tokenSeconds.most}; ${tokenSeconds.usual} when left out. ` +
        "A token never outlives the key that made it.",
    }),
  }),
});

const CreateUserTokenPayload = tokenPayload("CreateUserTokenPayload");
const RefreshUserTokenPayload = tokenPayload("RefreshUserTokenPayload");

function tokenPayload(name: string) {
  return builder.objectRef<NewToken>(name).implement({
    fields: (t) => ({
      accessToken: t.string({ resolve: ({ token }) => token }),
      expiresIn: t.exposeInt("expiresIn", { description: "Seconds." }),
      user: t.field({ type: User, resolve: ({ user }) => user }),
    }),
  });
}

const CreateTicketPayload = builder.objectRef<NewTicket>("CreateTicketPayload").implement({
  fields: (t) => ({
    ticket: t.exposeString("ticket"),
    expiresIn: t.exposeInt("expiresIn", { description: "Seconds." }),
  }),
});

const ClaimChatsInput = builder.inputType("ClaimChatsInput", {
  fields: (t) => ({ visitorToken: t.string({ required: true }) }),
});

const ClaimChatsPayload = builder
  .objectRef<{ readonly claimed: number }>("ClaimChatsPayload")
  .implement({
    fields: (t) => ({ claimed: t.exposeInt("claimed", { description: "How many chats." }) }),
  });

builder.mutationFields((t) => ({
  createUserToken: t.field({
    type: CreateUserTokenPayload,
    nullable: true,
    complexity: 10,
    description:
      "Makes a token for a user whom the tenant's server, with its secret key, vouches for. The user is made at " +
      "first sight.",
    args: { input: t.arg({ type: CreateUserTokenInput, required: true }) },
    resolve(_root, { input }, context) {
      const { externalId, name, email, expiresIn } = checkInput(createUserTokenInput, input);
      const user = { externalId, name: name ?? undefined, email: email ?? undefined };
      return exchangeToken(signIn(context), context.caller, user, expiresIn ?? undefined);
    },
  }),
  refreshUserToken: t.field({
    type: RefreshUserTokenPayload,
    nullable: true,
    complexity: 10,
    description:
      "A fresh token for the one that was shown and is still good, where this server made it; until " +
      `${refreshableMs / 3_600_000} hours after it was first asked for.`,
    resolve: (_root, _args, context) =>
      refreshToken(signIn(context), context.caller, context.token),
  }),
  createTicket: t.field({
    type: CreateTicketPayload,
    nullable: true,
    complexity: 10,
    description:
      "A ticket that opens a WebSocket as this caller, once, within " +
      `${ticketSeconds} seconds, for a page of the same origin.`,
    resolve: (_root, _args, context) => giveTicket(signIn(context), context.caller, context.page),
  }),
  claimChats: t.field({
    type: ClaimChatsPayload,
    nullable: true,
    complexity: 10,
    description: "Makes the chats of a visitor those of the user who signed in.",
    args: { input: t.arg({ type: ClaimChatsInput, required: true }) },
    async resolve(_root, { input }, context) {
      const { visitorToken } = checkInput(claimChatsInput, input);
      return { claimed: await claimChats(signIn(context), context.caller, visitorToken) };
    },
  }),
}));
