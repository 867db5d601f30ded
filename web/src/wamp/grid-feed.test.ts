/** The feed, the session, the machine and the grid together, against a node that loses, restarts, refuses and dies. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isInSync } from '../core/grid-reducer';
import { WallStore } from '../core/wall-store';
import { ERROR_SNAPSHOT_EXPIRED } from '../protocol/uris.gen';
import { cell, page, START } from '../testing/builders';
import type { Connection } from '../testing/fake-node';
import { FakeNode } from '../testing/fake-node';
import { GridFeed } from './grid-feed';

const SERVERS = ['a', 'b', 'c', 'd', 'e'];

class World {
  readonly store: WallStore;
  readonly feed: GridFeed;
  readonly node: FakeNode;
  webSocketWorks = true;
  private readonly links: { connection: Connection; kind: string }[] = [];

  constructor() {
    const clock = (): number => Date.now();
    this.node = new FakeNode(page({ cells: SERVERS.map((server) => cell(server)) }), clock, 2);
    this.store = new WallStore('automatic', clock(), (flush) => {
      flush();
    });
    this.feed = new GridFeed(
      this.store,
      (kind, listener) => {
        if (kind === 'websocket' && !this.webSocketWorks) throw new Error('WebSocket is blocked');
        const connection = this.node.connect(listener);
        this.links.push({ connection, kind });
        window.setTimeout(() => {
          if (connection.isOpen) listener.opened();
        }, 1);
        return connection.transport;
      },
      clock,
      () => 0.5,
    );
    this.feed.start();
  }

  deliver(most = Number.POSITIVE_INFINITY): void {
    for (const { connection } of this.links) {
      for (let count = 0; count < most && connection.isOpen && connection.outbox.length > 0; count += 1) {
        const message = connection.outbox.shift();
        if (message !== undefined) connection.listener.received(message);
      }
    }
  }

  /** An event lost on the way: the oldest that waits. Answers are not lost: a transport is in order or closed. */
  lose(): void {
    for (const { connection } of this.links) {
      const index = connection.outbox.findIndex(([code]) => code === 36);
      if (index >= 0) connection.outbox.splice(index, 1);
    }
  }

  cut(): void {
    for (const { connection } of this.links) {
      if (!connection.isOpen) continue;
      connection.isOpen = false;
      connection.outbox = [];
      connection.listener.closed('the network is gone');
    }
  }

  /** A healthy world for some seconds. */
  heal(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      for (let part = 0; part < 10; part += 1) {
        vi.advanceTimersByTime(100);
        this.deliver();
      }
      if (second % 2 === 0) this.node.beat();
      this.deliver();
    }
  }

  get shown(): Record<string, unknown> {
    return Object.fromEntries(this.store.read().grid.grid?.cells ?? []);
  }

  get truth(): Record<string, unknown> {
    return Object.fromEntries(this.node.history.get(this.node.position) ?? []);
  }

  /** What is on the glass is what the node once said under that epoch and frame: never a mixture. */
  checkHonest(): void {
    const { grid } = this.store.read().grid;
    if (grid === null) return;
    expect(this.shown).toEqual(Object.fromEntries(this.node.history.get(`${grid.epoch}/${String(grid.frame)}`) ?? []));
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a wall', () => {
  test('shows the whole grid before anything changes', () => {
    const world = new World();
    world.heal(2);
    expect(world.store.read().connection.phase).toBe('live');
    expect(Object.keys(world.shown)).toEqual(SERVERS);
  });

  test('shows a change', () => {
    const world = new World();
    world.heal(2);
    world.node.change([cell('c', { severity: 'critical' })]);
    world.deliver();
    expect(world.shown.c).toMatchObject({ severity: 'critical' });
  });

  test('falls back to long-poll without WebSocket, and comes back to it later', () => {
    const world = new World();
    world.webSocketWorks = false;
    world.cut();
    world.heal(10);
    expect(world.store.read().connection.link?.transport).toBe('longpoll');
    expect(world.store.read().connection.phase).toBe('live');
    world.webSocketWorks = true;
    world.heal(45);
    expect(world.store.read().connection.link?.transport).toBe('websocket');
    expect(world.node.connections.filter(({ isOpen }) => isOpen)).toHaveLength(1);
    expect(world.shown).toEqual(world.truth);
  });

  test('says why there is no snapshot, and has it when there is one', () => {
    const world = new World();
    world.node.refusal = { uri: 'wamp.error.no_such_procedure', sentence: 'no callee registered' };
    world.heal(3);
    expect(world.store.read().connection).toMatchObject({ phase: 'refused', why: 'the node is still reading the state of the servers' });
    world.node.refusal = null;
    world.heal(6);
    expect(world.store.read().connection.phase).toBe('live');
  });

  test('leaves a node that says what it cannot read, and says so', () => {
    const world = new World();
    world.heal(2);
    world.node.change([{ ...cell('a'), severity: 'purple' as never }]);
    world.deliver();
    expect(world.store.read().connection.phase).toBe('waiting');
    expect(world.store.read().connection.why).toContain('severity is "purple"');
    world.checkHonest();
  });

  test('answers for a server, and says when there is none', () => {
    const world = new World();
    world.heal(2);
    const done = vi.fn();
    const failed = vi.fn();
    world.feed.readServer('a', { done, failed });
    world.feed.readServer('nobody', { done, failed });
    world.deliver();
    expect(done).toHaveBeenCalledWith(expect.objectContaining({ cell: cell('a') }));
    expect(failed).toHaveBeenCalledWith('There is no server nobody.');
  });

  test('leaves nothing open behind', () => {
    const world = new World();
    world.heal(2);
    world.feed.stop();
    expect(world.node.connections.filter(({ isOpen }) => isOpen)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

const happening = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('change' as const), server: fc.constantFrom(...SERVERS, 'new'), removes: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('deliver' as const), most: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('beat' as const) }) },
  fc.record({ do: fc.constant('lose' as const) }),
  fc.record({ do: fc.constant('restart' as const) }),
  fc.record({ do: fc.constant('cut' as const) }),
  fc.record({ do: fc.constant('refuse' as const), refuses: fc.boolean() }),
  fc.record({ do: fc.constant('block' as const), works: fc.boolean() }),
);

test('in any interleaving the grid is never silently wrong, and in the end it is the node’s', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      vi.setSystemTime(START);
      const world = new World();
      let counter = 0;
      for (const one of happenings) {
        counter += 1;
        if (one.do === 'change' && one.removes) world.node.change([], [one.server]);
        else if (one.do === 'change') world.node.change([cell(one.server, { severity: 'minor', message: String(counter) })]);
        else if (one.do === 'deliver') world.deliver(one.most);
        else if (one.do === 'pass') vi.advanceTimersByTime(one.ms);
        else if (one.do === 'beat') world.node.beat();
        else if (one.do === 'lose') world.lose();
        else if (one.do === 'restart') world.node.restartPublisher();
        else if (one.do === 'cut') world.cut();
        else if (one.do === 'refuse') world.node.refusal = one.refuses ? { uri: ERROR_SNAPSHOT_EXPIRED, sentence: 'No.' } : null;
        else world.webSocketWorks = one.works;
        world.checkHonest();
      }
      world.node.refusal = null;
      world.webSocketWorks = true;
      world.heal(40);
      expect(world.store.read().connection.phase).toBe('live');
      expect(isInSync(world.store.read().grid)).toBe(true);
      expect(world.shown).toEqual(world.truth);
      world.feed.stop();
    }),
    { numRuns: 300 },
  );
});
