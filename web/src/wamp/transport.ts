/** What WAMP's basic profile needs of a transport: messages in order, both ways, until it is closed. */
import type { TransportKind } from '../core/connection-machine';

export type Message = readonly unknown[];

export interface Transport {
  send(message: Message): void;
  close(): void;
}

/** `closed` is called once, and not after our own `close`; `why` is a sentence for people. */
export interface TransportListener {
  opened(): void;
  received(message: Message): void;
  closed(why: string): void;
}

export type OpenTransport = (kind: TransportKind, listener: TransportListener) => Transport;

/** A message of WAMP is a JSON list that starts with a number. */
export function parseMessage(text: string): Message {
  const message: unknown = JSON.parse(text);
  if (!Array.isArray(message) || typeof message[0] !== 'number') throw new SyntaxError('no WAMP message');
  return message;
}
