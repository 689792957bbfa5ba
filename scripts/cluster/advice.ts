import type { ApiProcess } from "./api-process.ts";
import type { SharedRedis } from "./redis-server.ts";

export const help = `Usage: npm run cluster

Starts two API processes on one PostgreSQL and one Redis behind a small balancer, and says what to try.
The settings are those of npm start (see .env.example): PORT is the balancer's, the processes take free
ports. Without REDIS_URL or REDIS_HOST it runs the redis-server of the PATH. Ctrl-C ends everything.
EXTRACTIVE_PACE_MS=200 makes answers that are slow enough to do something in their middle.
`;

type Shown = Pick<ApiProcess, "name" | "pid" | "port">;

/** What runs where, and what to try. */
export function describeCluster(
  apiUrl: string,
  apis: readonly Shown[],
  redis: Pick<SharedRedis, "url" | "pid">,
): string {
  const [first, second] = apis;
  const processes = apis.map(
    ({ name, pid, port }) => `   ${name}        process ${pid} on http://localhost:${port}`,
  );
  const tries: [string, string][] = [
    [
      `kill -9 ${first?.pid}`,
      "dies in the middle of an answer: the other process answers it again",
    ],
    [`kill -TERM ${second?.pid}`, "a rolling restart: it ends its answers, its readers move over"],
    [
      `kill -STOP ${first?.pid}`,
      "freezes: it is taken for dead, and does no harm after kill -CONT",
    ],
    ...(redis.pid === undefined
      ? []
      : [
          [`kill -9 ${redis.pid}`, "Redis dies and comes back empty: nothing is lost"] as [
            string,
            string,
          ],
        ]),
    [`curl ${apiUrl}/health/ready`, "asks one of them, in turn, how it is"],
  ];
  const shownRedis = redis.pid === undefined ? "" : ` (process ${redis.pid})`;
  return `
   Balancer     ${apiUrl}, which leads each connection to one of
${processes.join("\n")}
   Redis        ${hidePassword(redis.url)}${shownRedis}

Ask something in the chat and, while the answer comes, try in another terminal:
${tries.map(([command, what]) => `   ${command.padEnd(22)} ${what}`).join("\n")}
A process that has ended is started again after a second. Press Ctrl-C to stop.`;
}

function hidePassword(address: string): string {
  const url = new URL(address);
  if (url.password) url.password = "…";
  return decodeURI(url.href);
}
