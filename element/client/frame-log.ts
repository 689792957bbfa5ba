import { tryStorage } from "./browser-store.ts";

/** Writes frames to the console while `localStorage.debug` names "websocket". Tokens never show. */
export function logFrame(direction: "→" | "←", frame: unknown): void {
  const wanted = tryStorage("localStorage", (storage) => storage.getItem("debug"));
  if (!wanted?.split(",").some((name) => name.trim() === "websocket" || name.trim() === "*"))
    return;
  console.log(`miptech-chat ${direction}`, JSON.stringify(frame, hideTokens));
}

function hideTokens(key: string, value: unknown): unknown {
  return /(^|_)(token|key|ticket)$/.test(key) ? "…" : value;
}
