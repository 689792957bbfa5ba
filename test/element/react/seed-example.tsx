import { useEffect, useState } from "react";
import { ConnectionStatus, useWebSocket, useWidgetStore } from "../../../element/react/react.ts";

export const ChatWidget = () => {
  const { connect, sendChatMessage, isConnected, connectionStatus } = useWebSocket();

  useEffect(() => {
    // Configure the widget
    useWidgetStore.getState().setConfig({
      apiUrl: "http://localhost:8000",
      tenantId: "miptech-company",
      theme: "auto",
      autoConnect: true,
    });
  }, []);

  const handleSendMessage = (message: string) => {
    sendChatMessage(message);
  };

  return (
    <div className="chat-widget">
      <ConnectionStatus status={connectionStatus} />
      {/* Chat interface components */}
      <Messages />
      <Composer onSend={handleSendMessage} />
      {!isConnected && <button onClick={connect}>Connect now</button>}
    </div>
  );
};

const Messages = () => {
  const messages = useWidgetStore((state) => state.messages);
  return (
    <ol>
      {messages.map(({ id, role, content }) => (
        <li key={id} className={role}>
          {content}
        </li>
      ))}
    </ol>
  );
};

const Composer = ({ onSend }: { onSend: (message: string) => void }) => {
  const [draft, setDraft] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSend(draft);
        setDraft("");
      }}
    >
      <input
        aria-label="Your question"
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
      />
    </form>
  );
};
