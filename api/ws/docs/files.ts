import { describeRawDoor, documentFrames, type RawDoorInfo } from "./asyncapi.ts";
import { pageStyle } from "./html.ts";
import { renderPage } from "./page.ts";

/** A file that tells of the raw door, and where it is served. */
export interface DocsFile {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

const stylePath = "/docs/websocket.css";

/** `/asyncapi.json`, and `/docs/websocket` for people. */
export function makeDocsFiles(info: RawDoorInfo): readonly DocsFile[] {
  const frames = documentFrames();
  return [
    {
      path: "/asyncapi.json",
      type: "application/json",
      text: JSON.stringify(describeRawDoor(info, frames)),
    },
    {
      path: "/docs/websocket",
      type: "text/html; charset=UTF-8",
      text: renderPage(info, frames, stylePath),
    },
    { path: stylePath, type: "text/css; charset=utf-8", text: pageStyle },
  ];
}
