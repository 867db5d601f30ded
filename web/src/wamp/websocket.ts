/** WAMP over WebSocket, one JSON message a text frame (WAMP specification, "WebSocket Transport"). */
import type { Message, Transport, TransportListener } from './transport';
import { parseMessage } from './transport';

export function openWebSocket(url: string, listener: TransportListener): Transport {
  const socket = new WebSocket(url, ['wamp.2.json']);
  let isClosed = false;
  const end = (why: string): void => {
    if (isClosed) return;
    isClosed = true;
    socket.close();
    listener.closed(why);
  };
  socket.onopen = () => {
    if (!isClosed) listener.opened();
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (isClosed) return;
    let message: Message;
    try {
      message = parseMessage(String(data));
    } catch {
      end('WebSocket carried something that is not WAMP');
      return;
    }
    listener.received(message);
  };
  socket.onclose = ({ code }) => {
    end(`WebSocket closed (${String(code)})`);
  };
  socket.onerror = () => {
    end('WebSocket failed');
  };
  return {
    send(message) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close() {
      isClosed = true;
      socket.close();
    },
  };
}
