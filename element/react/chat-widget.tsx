import {
  createElement,
  forwardRef,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type ForwardRefExoticComponent,
  type RefAttributes,
} from "react";
import type { MiptechChat } from "../miptech-chat.ts";
import {
  applySettings,
  divideProps,
  type AppliedSettings,
  type ChatWidgetProps,
} from "./element-settings.ts";

export type ChatWidgetComponent = ForwardRefExoticComponent<
  ChatWidgetProps & RefAttributes<MiptechChat>
>;

/**
 * The finished chat, `<miptech-chat>`, with a connection of its own: it shares nothing with
 * `useWidgetStore`. The element's code is loaded in the browser when the first one is rendered;
 * until then, and on a server, there is nothing. The ref is the element.
 * When that code can't be loaded `onError` hears of it, or the page's error handler where there is none.
 */
export const ChatWidget: ChatWidgetComponent = forwardRef<MiptechChat, ChatWidgetProps>(
  function ChatWidget(props, ref) {
    const [code, setCode] = useState<"loading" | "ready" | Error>("loading");
    useEffect(() => {
      let isHere = true;
      const settle = (result: "ready" | Error) => {
        if (isHere) setCode(result);
      };
      defineElement().then(
        () => settle("ready"),
        (error: unknown) => settle(error instanceof Error ? error : new Error(String(error))),
      );
      return () => {
        isHere = false;
      };
    }, []);

    // Told once, and not again for each new callback.
    useEffect(() => {
      if (code instanceof Error) (props.onError ?? reportError)(code);
    }, [code]);

    return code === "ready" ? <DefinedChat {...props} ref={ref} /> : null;
  },
);

/**
 * The element, whose class is there by now. Its settings are properties, set before its first update,
 * so that it never connects without its token; React 18 would make attributes of them.
 */
const DefinedChat: ChatWidgetComponent = forwardRef<MiptechChat, ChatWidgetProps>(
  function DefinedChat(props, ref) {
    const element = useRef<MiptechChat>(null);
    const applied = useRef<AppliedSettings>({ settings: new Map(), defaults: new Map() });
    const { settings, attributes } = divideProps(props);
    const { className, children, ...others } = attributes;

    useLayoutEffect(() => {
      if (element.current) applySettings(element.current, applied.current, settings);
    });
    useImperativeHandle<MiptechChat | null, MiptechChat | null>(ref, () => element.current, []);

    // React 18 makes an attribute "classname" of a custom element's className; both know "class".
    return createElement("miptech-chat", { ...others, class: className, ref: element }, children);
  },
);

/** The page's own script tag may have brought the element already; then that one stays. */
async function defineElement(): Promise<void> {
  if (!customElements.get("miptech-chat")) await import("../widget.ts");
}
