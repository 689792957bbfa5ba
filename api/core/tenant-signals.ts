/** Tells what follows a tenant for long, such as a stream, that the tenant is no longer served. */
export interface TenantSignals {
  /** Aborts when the tenant is closed; another one is made for whoever asks after that. */
  signalOf(tenantId: string): AbortSignal;
  close(tenantId: string): void;
  /** Those that something has asked for. */
  tenantIds(): string[];
}

export function createTenantSignals(): TenantSignals {
  const controllers = new Map<string, AbortController>();
  return {
    signalOf(tenantId) {
      const controller = controllers.get(tenantId) ?? new AbortController();
      controllers.set(tenantId, controller);
      return controller.signal;
    },
    close(tenantId) {
      controllers.get(tenantId)?.abort();
      controllers.delete(tenantId);
    },
    tenantIds: () => [...controllers.keys()],
  };
}
