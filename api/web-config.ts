import type { EnvReader } from "./env-reader.ts";

/** What is read from the web for documents. */
export interface WebConfig {
  /** Addresses of any network, at any port. */
  readonly allowPrivate: boolean;
  readonly ports: readonly number[];
  /** Between two requests to one host, in ms. */
  readonly pauseMs: number;
}

export function readWeb(reader: EnvReader, production: boolean): WebConfig {
  const allowPrivate = reader.flag("ALLOW_PRIVATE_SOURCES", false);
  if (production && allowPrivate) {
    reader.fault(
      "ALLOW_PRIVATE_SOURCES=true: ENVIRONMENT=production reads documents from public addresses alone",
    );
  }
  return {
    allowPrivate,
    ports: readPorts(reader),
    pauseMs: reader.integer("SOURCE_PAUSE_MS", 1000, 0, 60_000),
  };
}

function readPorts(reader: EnvReader): number[] {
  const given = reader.list("SOURCE_PORTS") ?? ["80", "443"];
  const ports = given.map(Number);
  const isRight = given.length > 0 && given.every((text) => /^\d{1,5}$/.test(text));
  if (!isRight || ports.some((port) => port < 1 || port > 65_535))
    reader.fault("SOURCE_PORTS: ports with commas between them are expected, such as 80,443");
  return ports;
}
