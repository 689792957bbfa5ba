import { describe, expect, test, vi } from "vitest";
import { page } from "vitest/browser";
import { mountChat } from "./support/chat-page.ts";

describe("over an on-screen keyboard", () => {
  /** A visual viewport that a test can cover in part. */
  function stubViewport() {
    const viewport = Object.assign(new EventTarget(), {
      height: window.innerHeight,
      offsetTop: 0,
      scale: 1,
    });
    vi.stubGlobal("visualViewport", viewport);
    return {
      viewport,
      cover(height: number, offsetTop: number) {
        Object.assign(viewport, { height, offsetTop });
        viewport.dispatchEvent(new Event("resize"));
      },
    };
  }

  test("an open chat keeps to what is visible, and takes all of it again", async () => {
    await page.viewport(390, 844);
    try {
      const { cover } = stubViewport();
      const { chat, find, rendered } = await mountChat({ open: "" });
      const panel = find(".panel");
      const place = () => {
        for (const animation of panel.getAnimations()) animation.finish();
        const { top, height } = panel.getBoundingClientRect();
        return [top, height];
      };
      cover(500, 40);
      expect(place()).toEqual([40, 500]);
      const foot = find(".foot").getBoundingClientRect();
      expect(foot.bottom).toBeLessThanOrEqual(540);
      cover(844, 0);
      expect(place()).toEqual([0, 844]);
      cover(500, 0);
      chat.hide();
      await rendered();
      expect(panel.hasAttribute("data-covered")).toBe(false);
    } finally {
      await page.viewport(1000, 800);
    }
  });

  test("a page that is zoomed is left as it is, and a chat that is gone listens to nothing", async () => {
    const { viewport, cover } = stubViewport();
    const removed = vi.spyOn(viewport, "removeEventListener");
    const { chat, find } = await mountChat({ open: "" });
    viewport.scale = 2;
    cover(300, 0);
    expect(find(".panel").hasAttribute("data-covered")).toBe(false);
    chat.remove();
    expect(removed.mock.calls.map(([type]) => type)).toEqual(["resize", "scroll"]);
  });
});
