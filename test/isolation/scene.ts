import type { DocumentStore } from "../../api/core/documents/document-store.ts";
import type { Retriever } from "../../api/core/documents/retriever.ts";
import type { ChatStore } from "../../api/core/ports.ts";
import type { LeaseStore } from "../../api/core/turns/lease-store.ts";
import type { TurnStore } from "../../api/core/turns/turn-store.ts";
import type { TenantWork } from "../../api/adapters/postgres/tenant-work.ts";
import type { Random } from "../faults/random.ts";
import type { Findings } from "./findings.ts";
import type { TenantRows } from "./tenant-rows.ts";

/** What is tried: the adapter's stores, all over one pool. */
export interface Target {
  readonly chats: ChatStore;
  readonly turns: TurnStore;
  readonly documents: DocumentStore;
  readonly retriever: Retriever;
  readonly leases: LeaseStore;
  readonly work: TenantWork;
  /** The role that a tenant's work must run under. */
  roleOf(tenantId: string): string;
  /** The login of the pool. */
  readonly login: string;
  /** Tells the server, as its superuser, to end that session. */
  terminate(pid: number): Promise<void>;
}

/** What one operation has at hand. Nothing else is done for the tenant meanwhile. */
export interface Scene {
  readonly target: Target;
  readonly rows: TenantRows;
  /** Of a tenant that something else may be done for at this moment. */
  readonly other: TenantRows;
  readonly random: Random;
  readonly findings: Findings;
}

/** The process that all turns belong to; it holds a lease. */
export const turnOwner = "isolation-run";
