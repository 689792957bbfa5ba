import { builder } from "./builder.ts";

builder.queryType({ description: "Reads; nothing here changes anything." });
builder.mutationType({
  description: "Writes. Each takes one `input` and answers with a payload of its own.",
});
builder.subscriptionType({
  description: "Over graphql-ws (`graphql-transport-ws`) or as server-sent events.",
});
