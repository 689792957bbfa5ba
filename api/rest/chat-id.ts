import { z } from "@hono/zod-openapi";

export const chatIdParams = z.object({ chat_id: z.string() });
