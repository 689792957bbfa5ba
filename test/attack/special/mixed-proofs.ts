import type { Asker, Credential } from "../credential.ts";
import { callHttp, describeHttp, printCall } from "../doors/http-call.ts";
import { askerOf } from "../trial/stage.ts";
import type { Special } from "./notebook.ts";

/** Proofs of both tenants shown side by side, and the token of one under a key of the other. */
export const mixProofs: Special = {
  name: "proofs of both tenants side by side",
  async run({ sides, doors, ledger }, { note, end }) {
    const { victim, attacker } = sides;
    const { url, apiPrefix } = ledger;
    const [theirs, own] = [victim.people, attacker.people];
    const pairs: readonly (readonly [Credential, Credential])[] = [
      [own.server, theirs.otherVisitor.credential],
      [own.admin, theirs.otherUser.credential],
      [own.server, theirs.otherUser.credential],
      [own.admin, theirs.otherVisitor.credential],
    ];
    const paths = Object.values(victim.chats).map(({ things }) => `/chat/${things.chat}`);
    for (const [key, token] of pairs) {
      for (const tenantId of [victim.id, attacker.id]) {
        for (const path of [...paths, "/chat?limit=100"]) {
          const asker: Asker = {
            credential: key,
            tenantId,
            placement: "header",
            origin: undefined,
          };
          const headers = {
            "X-Tenant-ID": tenantId,
            "X-API-Key": key.secret ?? "",
            Authorization: `Bearer ${token.secret}`,
          };
          const call = {
            url: `${url}${apiPrefix}${path}`,
            method: "GET",
            headers,
            body: undefined,
          };
          const got = await callHttp(call);
          const answer = describeHttp(got, got.status < 400, String(got.status));
          const how = `${key.name} beside ${token.name}`;
          note("REST", {
            asker,
            expectation: "refused",
            how,
            real: { answer, sent: printCall(call) },
          });
        }
      }
    }
    const { owner, things } = victim.chats["visitor's chat"];
    const path = `${apiPrefix}/chat/${things.chat}`;
    const [read] = await doors.REST.ask(askerOf(doors.REST, owner, victim.id), [
      { type: "rest", method: "GET", path, headers: {}, body: undefined },
    ]);
    end("REST", read?.answer.outcome === "done");
  },
};
