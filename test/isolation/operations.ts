import { turnOperations } from "./turn-operations.ts";
import { documentOperations } from "./document-operations.ts";
import { readOperations } from "./read-operations.ts";
import { chatOperations } from "./chat-operations.ts";
import { roleOperations } from "./role-operations.ts";
import type { Scene } from "./scene.ts";

export const operationWeights = {
  "create chat": 6,
  "delete chat": 8,
  "save turn": 18,
  checkpoint: 14,
  finish: 14,
  "read history": 12,
  "use another tenant's id": 12,
  list: 8,
  search: 8,
  "put document": 3,
  "delete document": 2,
  "ask for the role": 4,
  "note tenant": 2,
} as const;

export type OperationKind = keyof typeof operationWeights;

/** Each brings the tenant's rows to what the database must hold after it, and compares what it is told. */
export const operations: Readonly<Record<OperationKind, (scene: Scene) => Promise<void>>> = {
  ...chatOperations,
  ...turnOperations,
  ...readOperations,
  ...documentOperations,
  ...roleOperations,
};
