import { formOf, nobody, type Asker, type Credential } from "../credential.ts";
import { parseLoosely, type Exchange } from "../doors/answer.ts";
import { isGiven } from "../doors/graphql-request.ts";
import { callHttp, describeHttp, printCall, type HttpCall } from "../doors/http-call.ts";
import { openLine } from "../doors/socket-line.ts";
import { askerOf, type Stage } from "../trial/stage.ts";
import type { Notebook, Special } from "./notebook.ts";
import { listAddresses, listSpellings } from "./tenant-spellings.ts";

/** The tenant named twice, in other words, or in one place so and in another otherwise. */
export const misspellTenants: Special = {
  name: "the tenant named twice, in other words, and in several places",
  async run(stage, notebook) {
    await overRest(stage, notebook);
    await overGraphql(stage, notebook);
    await overWebSocket(stage, notebook);
    await overGraphqlWs(stage, notebook);
  },
};

function listAskers({ sides }: Stage): Asker[] {
  const { visitor, server, admin } = sides.attacker.people;
  return [nobody, visitor.credential, server, admin].map((credential) => ({
    credential,
    tenantId: sides.victim.id,
    placement: credential.kind === "none" ? "nowhere" : "bearer",
    origin: undefined,
  }));
}

function bearer({ secret }: Credential): Record<string, string> {
  return secret === undefined ? {} : { Authorization: `Bearer ${secret}` };
}

async function overRest(stage: Stage, { note, end }: Notebook): Promise<void> {
  const { victim, attacker } = stage.sides;
  const { url, apiPrefix } = stage.ledger;
  const { things, owner } = victim.chats["visitor's chat"];
  const paths = [`/chat/${things.chat}`, `/admin/documents/${victim.document.id}`];
  for (const asker of listAskers(stage)) {
    for (const { how, headers, query } of listSpellings(victim.id, attacker.id)) {
      for (const path of paths) {
        const real = await ask(
          {
            url: `${url}${apiPrefix}${path}?${query}`,
            method: "GET",
            headers: { ...bearer(asker.credential), ...headers },
            body: undefined,
          },
          (status) => status < 400,
        );
        note("REST", { asker, expectation: "refused", how, real });
      }
    }
  }
  const door = stage.doors.REST;
  const [read] = await door.ask(askerOf(door, owner, victim.id), [
    {
      type: "rest",
      method: "GET",
      path: `${apiPrefix}/chat/${things.chat}`,
      headers: {},
      body: undefined,
    },
  ]);
  end("REST", read?.answer.outcome === "done");
}

async function ask(
  call: HttpCall,
  isDone: (status: number, body: string) => boolean,
): Promise<Exchange> {
  const got = await callHttp(call);
  const answer = describeHttp(got, isDone(got.status, got.body), String(got.status));
  return { answer, sent: printCall(call) };
}

const chatQuery = "query ($id: ID!) { chat(id: $id) { id title context } }";

async function overGraphql(stage: Stage, { note, end }: Notebook): Promise<void> {
  const { victim, attacker } = stage.sides;
  const { things, owner } = victim.chats["visitor's chat"];
  const variables = { id: things.chat };
  for (const asker of listAskers(stage)) {
    for (const { how, headers, query } of listSpellings(victim.id, attacker.id)) {
      const real = await ask(
        {
          url: `${stage.ledger.url}/graphql?${query}`,
          method: "POST",
          headers: {
            ...bearer(asker.credential),
            ...headers,
            "Content-Type": "application/json",
          },
          body: JSON.stringify({ query: chatQuery, variables }),
        },
        (_status, text) => isGiven(parseLoosely(text)),
      );
      note("GraphQL", { asker, expectation: "refused", how, real });
    }
  }
  const door = stage.doors.GraphQL;
  const request = { type: "graphql", operation: "query", query: chatQuery, variables } as const;
  const [read] = await door.ask(askerOf(door, owner, victim.id), [request]);
  end("GraphQL", read?.answer.outcome === "done");
}

async function overWebSocket(stage: Stage, { note, end }: Notebook): Promise<void> {
  const { victim, attacker } = stage.sides;
  const { url, apiPrefix } = stage.ledger;
  const { things, owner } = victim.chats["visitor's chat"];
  const frame = { type: "resume", data: { message_id: things.answer } };
  for (const asker of listAskers(stage)) {
    const { secret } = asker.credential;
    const shown = secret === undefined ? "" : `&${formOf(asker.credential).parameter}=${secret}`;
    for (const { how, query, headers } of listAddresses(victim.id, attacker.id)) {
      const address = `${url.replace(/^http/, "ws")}${apiPrefix}/ws/chat?${query}${shown}`;
      const line = await openLine({ url: address, protocols: [], headers });
      line.send(frame);
      await line.find(0, (message) => /"type":"(error|response_complete)"/.test(message), 5000);
      await line.close();
      const text = [...line.messages, line.refusal?.text ?? ""].join("\n");
      const isDone = text.includes('"response_start"');
      const outcome = isDone ? ("done" as const) : ("refused" as const);
      const real = {
        answer: { outcome, code: "", text, shape: "" },
        sent: `${address}\n${JSON.stringify([frame, headers])}`,
      };
      note("WebSocket", { asker, expectation: "refused", how, real });
    }
  }
  const door = stage.doors.WebSocket;
  const [read] = await door.ask(askerOf(door, owner, victim.id), [{ type: "frame", frame }]);
  end("WebSocket", read?.answer.outcome === "done");
}

async function overGraphqlWs(stage: Stage, { note, end }: Notebook): Promise<void> {
  const { victim, attacker } = stage.sides;
  const { things, owner } = victim.chats["visitor's chat"];
  const wsUrl = stage.ledger.url.replace(/^http/, "ws");
  const [v, a] = [victim.id, attacker.id];
  const ways = [
    {
      how: "own in the params, the victim's in the header",
      query: "",
      header: v,
      params: { tenantId: a },
    },
    {
      how: "the victim's in the params, own in the header",
      query: "",
      header: a,
      params: { tenantId: v },
    },
    {
      how: "own in the params, the victim's in the query",
      query: `?tenant_id=${v}`,
      header: a,
      params: {},
    },
    {
      how: "own in the query, the victim's in the params",
      query: `?tenant_id=${a}`,
      header: undefined,
      params: { tenantId: v },
    },
    { how: "a list", query: "", header: undefined, params: { tenantId: [a, v] } },
    {
      how: "under another name",
      query: "",
      header: undefined,
      params: { tenantId: a, tenant_id: v, "X-Tenant-ID": v },
    },
  ];
  const payload = { query: chatQuery, variables: { id: things.chat } };
  for (const asker of listAskers(stage)) {
    const { secret } = asker.credential;
    const shown = secret === undefined ? {} : { [formOf(asker.credential).param]: secret };
    for (const { how, query, header, params } of ways) {
      const headers: Record<string, string> = header === undefined ? {} : { "X-Tenant-ID": header };
      const url = `${wsUrl}/graphql${query}`;
      const line = await openLine({ url, protocols: ["graphql-transport-ws"], headers });
      line.send({ type: "connection_init", payload: { ...params, ...shown } });
      const ack = await line.find(0, (message) => message.includes('"connection_ack"'));
      if (ack !== undefined) {
        line.send({ id: "0", type: "subscribe", payload });
        await line.find(0, (message) => /"type":"(complete|error)"/.test(message), 5000);
      }
      await line.close();
      const text = [...line.messages, line.end?.reason ?? ""].join("\n");
      const isDone = line.messages.map(parseLoosely).some((message) => isDataOf(message));
      const outcome = isDone ? ("done" as const) : ("refused" as const);
      const sent = JSON.stringify([url, headers, params, shown, payload]);
      const real = { answer: { outcome, code: "", text, shape: "" }, sent };
      note("GraphQL WebSocket", { asker, expectation: "refused", how, real });
    }
  }
  const door = stage.doors["GraphQL WebSocket"];
  const request = { type: "graphql", operation: "query", ...payload } as const;
  const [read] = await door.ask(askerOf(door, owner, victim.id), [request]);
  end("GraphQL WebSocket", read?.answer.outcome === "done");
}

function isDataOf(message: unknown): boolean {
  return (
    typeof message === "object" &&
    message !== null &&
    "payload" in message &&
    isGiven(message.payload)
  );
}
