#!/usr/bin/env python3
"""Opens the platform's WebSocket, sends a ping and a question, and prints what comes back.

Usage: python3 scripts/test_websocket.py [ws-address] [question]
"""
import asyncio
import json
import sys

try:
    import websockets
except ImportError:
    sys.exit(
        "This test needs the Python package 'websockets'. Install it with one of:\n"
        "  pip install websockets\n"
        "  sudo apt install python3-websockets   (and run it with /usr/bin/python3)"
    )


async def test_connection(url, question):
    params = "tenant_id=miptech-company&client_id=test-client"

    async with websockets.connect(f"{url}?{params}") as ws:
        print(f"Received: {await ws.recv()}")

        await ws.send(json.dumps({"type": "ping", "data": {}}))
        print(f"Received: {await ws.recv()}")

        await ws.send(json.dumps({"type": "chat_message", "data": {"message": question}}))
        answer = ""
        while True:
            frame = json.loads(await asyncio.wait_for(ws.recv(), timeout=60))
            print(f"Received: {json.dumps(frame, ensure_ascii=False)}")
            if frame["type"] == "response_chunk":
                answer += frame["data"]["content"]
            elif frame["type"] == "response_complete":
                print(f"\n{answer}")
                return
            elif frame["type"] in ("error", "rate_limit_exceeded"):
                sys.exit(1)


if __name__ == "__main__":
    address = sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:8000/api/v1/ws/chat"
    text = sys.argv[2] if len(sys.argv) > 2 else "How do I embed the widget?"
    asyncio.run(test_connection(address, text))
