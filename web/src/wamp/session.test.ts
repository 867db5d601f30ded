import { expect, test, vi } from 'vitest';
import { Session } from './session';
import type { Message } from './transport';

function start(): { session: Session; sent: Message[]; welcomed: () => void; ended: (why: string) => void } {
  const sent: Message[] = [];
  const welcomed = vi.fn();
  const ended = vi.fn();
  const transport = {
    send: (message: Message) => {
      sent.push(message);
    },
    close: () => undefined,
  };
  return { session: new Session(transport, { welcomed, ended }), sent, welcomed, ended };
}

test('it joins the realm as anonymous', () => {
  const { session, sent, welcomed } = start();
  session.join();
  expect(sent).toEqual([[1, 'trapline', { roles: { subscriber: {}, caller: {} }, authmethods: ['anonymous'] }]]);
  session.receive([2, 1, {}]);
  expect(welcomed).toHaveBeenCalledOnce();
});

test('an event reaches its handler from the subscription on, also when it comes before anything else', () => {
  const { session } = start();
  const handler = vi.fn();
  const done = vi.fn();
  session.subscribe('a.b', handler, { done, refused: vi.fn() });
  session.receive([36, 77, 1, {}, ['too early']]);
  session.receive([33, 1, 77]);
  session.receive([36, 77, 2, {}, ['record']]);
  session.receive([36, 78, 3, {}, ['for nobody']]);
  expect(done).toHaveBeenCalledOnce();
  expect(handler.mock.calls).toEqual([['record']]);
});

test('a result and an error answer their own call, once', () => {
  const { session } = start();
  const first = { done: vi.fn(), refused: vi.fn() };
  const second = { done: vi.fn(), refused: vi.fn() };
  session.call('a', [1], first);
  session.call('b', [], second);
  session.receive([8, 48, 2, {}, 'trapline.error.invalid_argument', ['Not like this.']]);
  session.receive([50, 1, {}, [{ is: 'it' }]]);
  session.receive([50, 1, {}, ['again']]);
  expect(first.done.mock.calls).toEqual([[{ is: 'it' }]]);
  expect(second.refused.mock.calls).toEqual([[{ uri: 'trapline.error.invalid_argument', sentence: 'Not like this.' }]]);
  expect(second.done).not.toHaveBeenCalled();
});

test.each([
  ['ABORT before it joined', [[3, {}, 'wamp.error.no_such_realm']], 'the node refused the session (wamp.error.no_such_realm)'],
  ['GOODBYE after it joined', [[2, 1, {}], [6, {}, 'wamp.close.killed']], 'the node ended the session (wamp.close.killed)'],
])('%s ends it with a reason', (_, messages, why) => {
  const { session, ended } = start();
  for (const message of messages) session.receive(message);
  expect(ended).toHaveBeenCalledWith(why);
});
