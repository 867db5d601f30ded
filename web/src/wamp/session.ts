/**
 * A WAMP v2 session of the basic profile, as much of it as a wall needs: join as anonymous, subscribe, call.
 *
 * Events and results carry their record as the first positional argument.
 */
import { REALM } from '../protocol/uris.gen';
import type { Message, Transport } from './transport';

/** Message types, WAMP specification, "Message Codes". */
const Code = {
  HELLO: 1,
  WELCOME: 2,
  ABORT: 3,
  GOODBYE: 6,
  ERROR: 8,
  SUBSCRIBE: 32,
  SUBSCRIBED: 33,
  EVENT: 36,
  CALL: 48,
  RESULT: 50,
} as const;

/** A call or subscription that the node refused: `uri` for programs, `sentence` for people. */
export interface Refusal {
  readonly uri: string;
  readonly sentence: string;
}

/** Called in the order in which the node answered and published: promises would let an event overtake a result. */
export interface Answer {
  readonly done: (record: unknown) => void;
  readonly refused: (refusal: Refusal) => void;
}

export interface SessionListener {
  welcomed(): void;
  ended(why: string): void;
}

type Handler = (record: unknown) => void;

interface Pending {
  readonly handler: Handler | null;
  readonly answer: Answer;
}

export class Session {
  private lastId = 0;
  private isJoined = false;
  private readonly pending: Record<number, Pending | undefined> = {};
  private readonly handlers: Record<number, Handler | undefined> = {};

  constructor(
    private readonly transport: Transport,
    private readonly listener: SessionListener,
  ) {}

  /** To be called when the transport is open. */
  join(): void {
    const roles = { subscriber: {}, caller: {} };
    this.transport.send([Code.HELLO, REALM, { roles, authmethods: ['anonymous'] }]);
  }

  /** From `done` on, `handler` gets every event. */
  subscribe(uri: string, handler: Handler, answer: Answer): void {
    this.request({ handler, answer }, (id) => [Code.SUBSCRIBE, id, {}, uri]);
  }

  call(uri: string, args: readonly unknown[], answer: Answer): void {
    this.request({ handler: null, answer }, (id) => [Code.CALL, id, {}, uri, args]);
  }

  receive(message: Message): void {
    switch (message[0]) {
      case Code.WELCOME:
        this.isJoined = true;
        this.listener.welcomed();
        return;
      case Code.ABORT:
      case Code.GOODBYE:
        this.listener.ended(`the node ${this.isJoined ? 'ended' : 'refused'} the session (${String(message[2])})`);
        return;
      case Code.EVENT:
        this.handlers[Number(message[1])]?.(firstOf(message[4]));
        return;
      case Code.SUBSCRIBED: {
        const request = this.take(message[1]);
        if (request?.handler) this.handlers[Number(message[2])] = request.handler;
        request?.answer.done(undefined);
        return;
      }
      case Code.RESULT:
        this.take(message[1])?.answer.done(firstOf(message[3]));
        return;
      case Code.ERROR: {
        const uri = String(message[4]);
        const sentence = firstOf(message[5]);
        this.take(message[2])?.answer.refused({ uri, sentence: typeof sentence === 'string' ? sentence : uri });
      }
    }
  }

  private request(pending: Pending, messageOf: (id: number) => Message): void {
    this.lastId += 1;
    this.pending[this.lastId] = pending;
    this.transport.send(messageOf(this.lastId));
  }

  private take(id: unknown): Pending | undefined {
    const request = this.pending[Number(id)];
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- ids are numbers that we counted ourselves
    delete this.pending[Number(id)];
    return request;
  }
}

function firstOf(args: unknown): unknown {
  return Array.isArray(args) ? (args as readonly unknown[])[0] : undefined;
}
