import type { TurnFinish } from "../../core/turns/turn-store.ts";
import type { Tenant } from "../../core/tenant.ts";
import { arrayLiteral } from "./array-literal.ts";
import { fill, guard, type Literal } from "./at-once.ts";
import { settleTurnSql } from "./budget-store.ts";
import { noteSql } from "./chat-changes.ts";
import { fromEnding, unfinishedSql } from "./messages.ts";
import { quotedSchema, type TenantWork } from "./tenant-work.ts";

/** Stores an ending in one round trip, in the order of the steps of `finishTurn`; undefined where it can't be stored. */
export async function finishAtOnce(
  work: TenantWork,
  tenant: Tenant,
  id: string,
  attempt: number,
  finish: TurnFinish,
): Promise<true | undefined> {
  const schema = quotedSchema(tenant);
  const endedAt = new Date();
  const chatId = fill(`(select chat_id from ${schema}.chat_messages where id = ?)`, [id]);
  const { unanswered: reason } = finish;
  const columns = "(message_id, reason, created_at)";
  const keep = `insert into ${schema}.unanswered ${columns} values (?, ?, ?::timestamptz)`;
  const results = await work.atOnce(tenant, [
    noteSql(schema, chatId, ["'message'", fill("?", [id]), "null"]),
    endSql(tenant, id, attempt, finish, endedAt),
    ...(reason ? [fill(keep, [id, reason, endedAt])] : []),
    settleTurnSql(schema, id, attempt, finish.ending.usage.cost),
  ]);
  return results && true;
}

/** The attempt is ours and has not ended; then it has, and stands in the analytics. */
function endSql(
  tenant: Tenant,
  id: string,
  attempt: number,
  finish: TurnFinish,
  endedAt: Date,
): string {
  const schema = quotedSchema(tenant);
  // Apart from what is set, which is filled already, and may hold question marks.
  const own = fill("id = ? and attempt = ?", [id, attempt]);
  const ended = `update ${schema}.chat_messages set ${setSql(finish, endedAt)}
    where ${own} and role = 'assistant' and ${unfinishedSql} returning chat_id`;
  const { analytics } = tenant.settings.features;
  const counted = analytics ? `, counted as (${analyticsSql(schema, id, attempt, finish)})` : "";
  return `with ended as (${ended})${counted} ${guard("count(*) > 0", "from ended")}`;
}

function setSql({ text, ending }: TurnFinish, endedAt: Date): string {
  const { promptTokens, completionTokens, totalTokens, costEstimate, usageEstimated, ...rest } =
    fromEnding(ending);
  const columns: [string, Literal][] = [
    ["content", text],
    ["ended_at", endedAt],
    ["state", rest.state],
    ["prompt_tokens", promptTokens],
    ["completion_tokens", completionTokens],
    ["total_tokens", totalTokens],
    ["cost_estimate", costEstimate],
    ["usage_estimated", usageEstimated],
  ];
  if (rest.state === "error")
    columns.push(["error_code", rest.errorCode], ["error_message", rest.errorMessage]);
  else {
    columns.push(
      ["finish_reason", rest.finishReason],
      ["model", rest.model],
      ["sources", JSON.stringify(rest.sources)],
      ["citations", JSON.stringify(rest.citations)],
      ["degraded", arrayLiteral(rest.degraded)],
    );
  }
  return columns.map(([name, value]) => `${name} = ${fill("?", [value])}`).join(", ");
}

function analyticsSql(
  schema: string,
  id: string,
  attempt: number,
  { ending, timing }: TurnFinish,
): string {
  const { usage } = ending;
  return fill(
    `insert into ${schema}.analytics (chat_id, message_id, attempt, outcome, model, prompt_tokens, completion_tokens,
       total_tokens, cost_estimate, usage_estimated, first_chunk_ms, total_ms)
     select chat_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::int, ? from ended`,
    [
      id,
      attempt,
      ending.type === "error" ? ending.code : ending.finishReason,
      ending.type === "error" ? null : ending.model,
      usage.promptTokens,
      usage.completionTokens,
      usage.totalTokens,
      usage.cost,
      usage.estimated,
      timing.firstChunkMs,
      timing.totalMs,
    ],
  );
}
