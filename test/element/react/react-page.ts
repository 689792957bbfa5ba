import { act, createElement, StrictMode, type FunctionComponent, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, vi } from "vitest";
import {
  useWebSocket,
  useWidgetStore,
  type UseWebSocketOptions,
  type WebSocketHandle,
} from "../../../element/react/react.ts";
import { createFakeServer, type FakeServer } from "../support/fake-server.ts";
import { greeting } from "../support/frames.ts";

/** Tells React whether its updates stand in act(). */
const expectAct = (isExpected: boolean) => vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", isExpected);
expectAct(true);

export interface ReactPage {
  readonly container: HTMLElement;
  readonly render: (node: ReactNode) => Promise<void>;
  readonly unmount: () => Promise<void>;
}

const mounted = new Set<ReactPage>();

/** Renders into the page until the end of the test. */
export async function mountReact(node: ReactNode, isStrict = false): Promise<ReactPage> {
  const container = document.body.appendChild(document.createElement("div"));
  const root: Root = createRoot(container);
  const page: ReactPage = {
    container,
    render: (next) => act(async () => root.render(isStrict ? strictly(next) : next)),
    async unmount() {
      mounted.delete(page);
      await act(async () => root.unmount());
      container.remove();
    },
  };
  mounted.add(page);
  await page.render(node);
  return page;
}

function strictly(node: ReactNode): ReactNode {
  return createElement(StrictMode, null, node);
}

/** A component that uses the hook, and what the hook gave it at each rendering. */
export function makeUser(options?: UseWebSocketOptions) {
  const handles: WebSocketHandle[] = [];
  const User: FunctionComponent = () => {
    handles.push(useWebSocket(options));
    return null;
  };
  return { User, handles, latest: () => handles.at(-1) };
}

/** Waits for what comes of its own accord: code that is loaded, a real connection. */
export async function waitUntil(check: () => void): Promise<void> {
  expectAct(false);
  try {
    await vi.waitFor(check);
  } finally {
    expectAct(true);
  }
}

/** Replaces the browser's WebSocket until the end of the test. */
export function playServer(): FakeServer & { readonly greet: () => Promise<void> } {
  const server = createFakeServer();
  function FakeWebSocket(url: string, protocols: readonly string[]) {
    return server.open(url, protocols);
  }
  vi.stubGlobal("WebSocket", FakeWebSocket);
  const greet = () => act(async () => server.current.push(greeting()));
  return Object.assign(server, { greet });
}

afterEach(async () => {
  for (const page of mounted) await page.unmount();
  useWidgetStore.getState().setConfig(null);
  vi.unstubAllGlobals();
  expectAct(true);
  vi.restoreAllMocks();
  localStorage.clear();
  sessionStorage.clear();
});
