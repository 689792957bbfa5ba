import { proofForms, subprotocol } from "../credentials.ts";
import type { JsonSchema } from "./frame-schema.ts";

const proofs: Readonly<Record<string, string>> = {
  token: "A proof of any kind: a user's token, a visitor's, an API key, the admin's",
  api_key: "A key of the tenant, `pk_…` or `sk_…`",
  visitor_token: "The token of a visitor, as `connection_established` gave it",
  ticket: "Of `POST …/auth/ticket`: good for one connection, for 30 seconds",
};

const label = { type: "string", maxLength: 128 };

/** The parameters of a handshake's address. */
export const handshakeQuery: JsonSchema = {
  type: "object",
  required: ["tenant_id"],
  properties: {
    tenant_id: { type: "string", description: "The tenant" },
    client_id: {
      ...label,
      description: "Names one widget or connection; made by the server when left out",
    },
    user_id: {
      ...label,
      description: "A label that is stored with the chat; no proof of anything",
    },
    ...Object.fromEntries(
      proofForms.map(({ parameter, protocol }) => [
        parameter,
        {
          type: "string",
          description: `${proofs[parameter]}. Better as the subprotocol \`${protocol}…\`: addresses end up in logs`,
        },
      ]),
    ),
  },
};

/** The headers of a handshake that mean something to us. */
export const handshakeHeaders: JsonSchema = {
  type: "object",
  properties: {
    "Sec-WebSocket-Protocol": {
      type: "string",
      description: `Offer \`${subprotocol}\`, which the server selects, and beside it what proves who you are: ${proofForms
        .map(({ protocol }) => `\`${protocol}…\``)
        .join(", ")}`,
    },
    ...Object.fromEntries(
      proofForms.flatMap(({ parameter, header }) => {
        if (!header) return [];
        const form = header === "authorization" ? "`Bearer …`: as" : "As";
        return [
          [
            headerName(header),
            { type: "string", description: `${form} \`${parameter}\`` },
          ] as const,
        ];
      }),
    ),
  },
};

function headerName(name: string): string {
  const words = name.split("-").map((word) => word[0]?.toUpperCase() + word.slice(1));
  return words.join("-").replace("Api", "API");
}
