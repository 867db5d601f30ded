/**
 * `npm run demo`: the built page before a fake node, over long-poll, for looking at it without Kafka and Crossbar.
 * POST /demo/NAME plays a scene; POST /demo/silence and /demo/blindness stop heartbeats and canaries, /demo/pulse starts them.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { demoPage, SCENES } from './demo-scenes';
import type { Connection } from './fake-node';
import { FakeNode } from './fake-node';
import type { Message } from '../wamp/transport';

const SEPARATOR = '\x18';
const HEARTBEAT_MS = 2_000;
const POLL_MS = 8_000;

const node = new FakeNode(demoPage(), () => Date.now(), 20);
const sessions = new Map<string, ReturnType<FakeNode['connect']>>();
let hasPulse = true;
let hasCanary = true;

function beat(): void {
  if (hasCanary) node.canaryAt = new Date(Date.now() - 600).toISOString();
  if (hasPulse) node.beat();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function end(response: ServerResponse, status: number, body = ''): void {
  response.statusCode = status;
  response.setHeader('cache-control', 'no-store');
  response.end(body);
}

const silent = { opened: () => undefined, received: () => undefined, closed: () => undefined };

function receive(connection: Connection, response: ServerResponse): void {
  const started = Date.now();
  const look = setInterval(() => {
    if (connection.outbox.length === 0 && Date.now() - started < POLL_MS) return;
    clearInterval(look);
    const messages = connection.outbox.splice(0);
    end(response, messages.length === 0 ? 204 : 200, messages.map((message) => JSON.stringify(message) + SEPARATOR).join(''));
  }, 20);
}

async function longPoll(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const [, id = '', verb = ''] = (request.url ?? '').split('/');
  if (id === 'open') {
    const transport = String(sessions.size + 1);
    sessions.set(transport, node.connect(silent));
    end(response, 200, JSON.stringify({ transport, protocol: 'wamp.2.json.batched' }));
    return;
  }
  const session = sessions.get(id);
  if (session === undefined) end(response, 404);
  else if (verb === 'receive') receive(session, response);
  else {
    if (verb === 'close') session.transport.close();
    for (const text of body.split(SEPARATOR)) if (text !== '') session.transport.send(JSON.parse(text) as Message);
    end(response, 204);
  }
}

function play(request: IncomingMessage, response: ServerResponse): void {
  const name = (request.url ?? '').slice(1);
  if (name === 'silence' || name === 'pulse') hasPulse = name === 'pulse';
  if (name === 'blindness' || name === 'pulse') hasCanary = name === 'pulse';
  SCENES[name]?.(node);
  end(response, 204);
}

export default defineConfig({
  root: path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..'),
  base: './',
  preview: { host: '127.0.0.1', port: 4173, strictPort: true },
  plugins: [
    {
      name: 'fake-node',
      configurePreviewServer({ middlewares }) {
        middlewares.use('/lp', (request, response) => void longPoll(request, response));
        middlewares.use('/demo', play);
        setInterval(beat, HEARTBEAT_MS);
      },
    },
  ],
});
