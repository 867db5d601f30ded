/** The long-poll transport against a real HTTP server on loopback. */
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLongPoll } from './long-poll';
import type { Message } from './transport';

let server: Server;
let url: string;
/** "verb body" of each request, in order. */
let requests: string[];
/** What `receive` answers next; without one it stays open. */
let answers: { status: number; body: string }[];
let protocol: string;
let openStatus: number;

beforeEach(async () => {
  requests = [];
  answers = [];
  protocol = 'wamp.2.json.batched';
  openStatus = 200;
  server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'content-type');
    if (request.method === 'OPTIONS') {
      response.end();
      return;
    }
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const verb = (request.url ?? '').split('/').pop() ?? '';
      if (verb !== 'receive') requests.push(`${verb} ${body}`);
      if (verb === 'open') {
        response.statusCode = openStatus;
        response.end(JSON.stringify({ transport: 'T1', protocol }));
      } else if (verb === 'receive') {
        const answer = answers.shift();
        if (answer === undefined) return;
        response.statusCode = answer.status;
        response.end(answer.body);
      } else {
        response.statusCode = 204;
        response.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/lp`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(): { received: Message[]; opened: () => void; closed: (why: string) => void; transport: ReturnType<typeof openLongPoll> } {
  const received: Message[] = [];
  const opened = vi.fn();
  const closed = vi.fn();
  const transport = openLongPoll(url, {
    opened,
    received: (message) => {
      received.push(message);
    },
    closed,
  });
  return { received, opened, closed, transport };
}

test('messages of one answer come one by one, an empty answer is asked again', async () => {
  answers = [
    { status: 200, body: '[2,1,{}]\x18[36,1,2,{},["a"]]\x18' },
    { status: 204, body: '' },
    { status: 200, body: '[36,1,3,{},["b"]]\x18' },
  ];
  const { received, closed, transport } = open();
  await vi.waitFor(() => {
    expect(received).toEqual([[2, 1, {}], [36, 1, 2, {}, ['a']], [36, 1, 3, {}, ['b']]]);
  });
  expect(closed).not.toHaveBeenCalled();
  transport.close();
});

test('what is sent before it is open is sent in order when it is, and close is told to the node', async () => {
  const { transport, opened } = open();
  transport.send([1, 'x']);
  transport.send([2, 'y']);
  await vi.waitFor(() => {
    expect(opened).toHaveBeenCalledOnce();
    expect(requests).toContain('send [1,"x"]\x18[2,"y"]\x18');
  });
  transport.close();
  await vi.waitFor(() => {
    expect(requests).toContain('close ');
  });
});

test('a node without batches gets its messages one at a time', async () => {
  protocol = 'wamp.2.json';
  const { transport } = open();
  transport.send([1]);
  transport.send([2]);
  await vi.waitFor(() => {
    expect(requests.slice(1)).toEqual(['send [1]', 'send [2]']);
  });
  transport.close();
});

test.each([
  ['is refused', () => (openStatus = 503), 'HTTP 503'],
  ['is forgotten by the node', () => answers.push({ status: 404, body: '' }), 'HTTP 404'],
  ['carries something else', () => answers.push({ status: 200, body: '<html>' }), 'not WAMP'],
])('a session that %s is closed with a reason', async (_, arrange, why) => {
  arrange();
  const { closed } = open();
  await vi.waitFor(() => {
    expect(closed).toHaveBeenCalledWith(expect.stringContaining(why));
  });
  expect(closed).toHaveBeenCalledOnce();
});
