// Asks a question from a program, and prints the answer as it comes. `npm run build` first, then
//   node examples/ask.ts http://localhost:8000 miptech-company "What does the platform do?"
import { askAndWait, createChatClient, type WidgetState } from "miptech-ai-platform/client";

const [apiUrl = "http://localhost:8000", tenantId = "miptech-company", ...words] =
  process.argv.slice(2);
const question = words.join(" ") || "What does the platform do?";

// A person at a terminal doesn't wait as long as a page does.
const client = createChatClient({
  apiUrl,
  tenantId,
  maxReconnectAttempts: 2,
  reconnectInterval: 500,
});
let printed = "";
client.subscribe(({ messages }: WidgetState) => {
  const answer = messages.at(-1);
  if (answer?.role !== "assistant") return;
  // A server that died in the middle answers afresh.
  if (!answer.content.startsWith(printed)) process.stdout.write("\n— once more —\n");
  const isMore = answer.content.startsWith(printed);
  process.stdout.write(isMore ? answer.content.slice(printed.length) : answer.content);
  printed = answer.content;
});

try {
  const { metadata } = await askAndWait(client, question);
  for (const { number, title } of metadata?.sources ?? []) console.log(`\n[${number}] ${title}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  client.disconnect();
}
