/**
 * WAMP over HTTP long-poll, for networks and browsers without WebSocket (WAMP specification, "HTTP Longpoll Transport").
 *
 *   POST open       → {transport, protocol}
 *   POST ID/receive → the next messages, or 204 when none came in time
 *   POST ID/send    ← messages, one request at a time, so that they stay in order
 *   POST ID/close
 */
import type { Message, Transport, TransportListener } from './transport';
import { parseMessage } from './transport';

/** Ends each message of the batched protocol, which carries all that is waiting in one answer. */
const SEPARATOR = '\x18';
const PROTOCOLS = ['wamp.2.json.batched', 'wamp.2.json'];
const REQUEST_MS = 15_000;
/** The node answers an empty poll with 204 long before this. */
const POLL_MS = 60_000;

type Answered = (problem: string | null, body: string) => void;

function post(url: string, body: string, timeoutMs: number, answered: Answered): XMLHttpRequest {
  const request = new XMLHttpRequest();
  request.open('POST', url, true);
  request.timeout = timeoutMs; // after open(): IE 11 refuses it before
  request.setRequestHeader('Content-Type', 'application/json; charset=utf-8');
  request.onload = () => {
    // IE reports 204 as 1223.
    const isEmpty = request.status === 204 || request.status === 1223;
    if (request.status === 200 || isEmpty) answered(null, isEmpty ? '' : request.responseText);
    else answered(`long-poll was answered with HTTP ${String(request.status)}`, '');
  };
  request.onerror = () => {
    answered('long-poll cannot reach the node', '');
  };
  request.ontimeout = () => {
    answered('long-poll got no answer', '');
  };
  request.send(body);
  return request;
}

export function openLongPoll(url: string, listener: TransportListener): Transport {
  let base: string | null = null;
  let isBatched = false;
  let isClosed = false;
  let isSending = false;
  let poll: XMLHttpRequest | null = null;
  let waiting: string[] = [];

  const end = (why: string): void => {
    if (isClosed) return;
    close();
    listener.closed(why);
  };
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    poll?.abort();
    if (base !== null) post(`${base}/close`, '', REQUEST_MS, () => undefined);
  };
  const flush = (): void => {
    if (base === null || isSending || isClosed || waiting.length === 0) return;
    isSending = true;
    const batch = isBatched ? waiting.map((text) => text + SEPARATOR).join('') : (waiting[0] ?? '');
    waiting = isBatched ? [] : waiting.slice(1);
    post(`${base}/send`, batch, REQUEST_MS, (problem) => {
      isSending = false;
      if (problem === null) flush();
      else end(problem);
    });
  };
  const deliver = (body: string): void => {
    let messages: Message[];
    try {
      const texts = isBatched ? body.split(SEPARATOR) : [body];
      messages = texts.filter((text) => text !== '').map(parseMessage);
    } catch {
      end('long-poll carried something that is not WAMP');
      return;
    }
    // A listener may close us between two messages, or be told that we closed: nothing comes after that.
    for (const message of messages) if (!isClosed) listener.received(message);
  };
  const receive = (): void => {
    if (base === null || isClosed) return;
    poll = post(`${base}/receive`, '', POLL_MS, (problem, body) => {
      if (isClosed) return;
      if (problem !== null) {
        end(problem);
        return;
      }
      deliver(body);
      receive();
    });
  };

  post(`${url}/open`, JSON.stringify({ protocols: PROTOCOLS }), REQUEST_MS, (problem, body) => {
    const opened = problem === null ? parseOpened(body) : null;
    if (opened === null) {
      end(problem ?? 'long-poll was opened with an answer that is not WAMP');
      return;
    }
    base = `${url}/${opened.transport}`;
    isBatched = opened.protocol === PROTOCOLS[0];
    if (isClosed) {
      post(`${base}/close`, '', REQUEST_MS, () => undefined);
      return;
    }
    receive();
    listener.opened();
    flush();
  });

  return {
    send(message) {
      waiting.push(JSON.stringify(message));
      flush();
    },
    close,
  };
}

function parseOpened(body: string): { transport: string; protocol: unknown } | null {
  try {
    const { transport, protocol } = JSON.parse(body) as { transport: unknown; protocol: unknown };
    return typeof transport === 'string' ? { transport, protocol } : null;
  } catch {
    return null;
  }
}
