import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Connection, ConnectionEvent, Effect, TransportChoice } from './connection-machine';
import { dueAt, initialConnection, step, WELCOME_MS } from './connection-machine';

/** Plays events against the machine; time moves only by `pass`. */
class Play {
  state: Connection;
  now = 0;
  effects: Effect[] = [];

  constructor(choice: TransportChoice = 'automatic') {
    this.state = initialConnection(choice);
    this.say({ type: 'start' });
  }

  say(event: ConnectionEvent): this {
    const { state, effects } = step(this.state, event, { now: this.now, random: 0.5 });
    this.state = state;
    this.effects = [...effects];
    return this;
  }

  /** To the next thing that is due. */
  pass(): this {
    this.now = Math.max(this.now, dueAt(this.state) ?? this.now);
    return this.say({ type: 'tick' });
  }

  get id(): number {
    return this.state.link?.id ?? 0;
  }

  get transport(): string {
    return this.state.link?.transport ?? '';
  }

  welcome(): this {
    return this.say({ type: 'welcomed', id: this.id });
  }

  goLive(): this {
    this.welcome().say({ type: 'subscribed', id: this.id });
    return this.say({ type: 'snapshot-taken', id: this.id, isInSync: true, silenceMs: 6_000 });
  }

  lose(): this {
    return this.say({ type: 'lost', id: this.id, why: 'it broke' });
  }
}

const liveOverLongPoll = (): Play => new Play().lose().pass().lose().pass().goLive();

describe('a first connection', () => {
  test('subscribes before it loads', () => {
    const play = new Play();
    expect(play.effects).toEqual([{ do: 'open', link: { id: 1, transport: 'websocket' } }]);
    expect(play.welcome().effects).toEqual([{ do: 'subscribe', id: 1 }]);
    expect(play.say({ type: 'subscribed', id: 1 }).effects).toEqual([{ do: 'load', id: 1, page: 0 }]);
    expect(play.say({ type: 'page-taken', id: 1, next: 1 }).effects).toEqual([{ do: 'load', id: 1, page: 1 }]);
    expect(play.say({ type: 'snapshot-taken', id: 1, isInSync: true, silenceMs: 6_000 }).state.phase).toBe('live');
  });

  test('that has no WELCOME in six seconds is given up and closed', () => {
    const play = new Play();
    play.pass();
    expect(play.now).toBe(WELCOME_MS);
    expect(play.state.phase).toBe('waiting');
    expect(play.effects).toEqual([{ do: 'close', id: 1 }]);
  });

  test('goes to long-poll after two failures', () => {
    const play = new Play();
    expect(play.lose().pass().transport).toBe('websocket');
    expect(play.lose().pass().transport).toBe('longpoll');
  });

  test('takes turns while neither transport answers', () => {
    const play = new Play().lose().pass().lose().pass();
    const tried = Array.from({ length: 4 }, () => play.lose().pass().transport);
    expect(tried).toEqual(['websocket', 'longpoll', 'websocket', 'longpoll']);
  });

  test.each(['websocket', 'longpoll'] as const)('forced to %s tries nothing else', (choice) => {
    const play = new Play(choice);
    expect(Array.from({ length: 5 }, () => play.lose().pass().transport)).toEqual(Array(5).fill(choice));
    expect(play.goLive().state.probe).toBeNull();
  });
});

describe('on long-poll', () => {
  test('a WELCOME on a WebSocket probe moves the wall there and leaves the old link', () => {
    const play = liveOverLongPoll();
    const old = play.id;
    play.now = play.state.probe?.dueAt ?? 0;
    play.say({ type: 'in-sync', id: old, silenceMs: 6_000 }).say({ type: 'tick' });
    const probe = play.state.probe?.link?.id ?? 0;
    expect(play.effects).toEqual([{ do: 'open', link: { id: probe, transport: 'websocket' } }]);
    expect(play.state.phase).toBe('live');
    play.say({ type: 'welcomed', id: probe });
    expect(play.effects).toEqual([
      { do: 'close', id: old },
      { do: 'subscribe', id: probe },
    ]);
    expect(play.say({ type: 'subscribed', id: probe }).goLive().state.link).toEqual({ id: probe, transport: 'websocket' });
  });

  test('a probe that fails changes nothing but the next one, which comes later', () => {
    const play = liveOverLongPoll();
    const first = (play.state.probe?.dueAt ?? 0) - play.now;
    play.now = play.state.probe?.dueAt ?? 0;
    play.say({ type: 'in-sync', id: play.id, silenceMs: 600_000 }).say({ type: 'tick' });
    play.say({ type: 'lost', id: play.state.probe?.link?.id ?? 0, why: 'blocked' });
    expect(play.state.phase).toBe('live');
    expect((play.state.probe?.dueAt ?? 0) - play.now).toBeGreaterThan(first);
  });

  test('a lost link is tried again over long-poll first: it is what worked', () => {
    expect(liveOverLongPoll().lose().pass().transport).toBe('longpoll');
  });
});

describe('a live wall', () => {
  test('waits a little at a gap, and loads when it was not filled', () => {
    const play = new Play().goLive().say({ type: 'out-of-sync', id: 1, why: 'changes were missed' });
    expect(play.state.phase).toBe('settling');
    expect(play.effects).toEqual([]);
    expect(play.pass().effects).toEqual([{ do: 'load', id: 1, page: 0 }]);
  });

  test('is live again without loading when the missing frame was only late', () => {
    const play = new Play().goLive().say({ type: 'out-of-sync', id: 1, why: 'changes were missed' });
    expect(play.say({ type: 'in-sync', id: 1, silenceMs: 6_000 }).state.phase).toBe('live');
  });

  test('asks the node when it has gone quiet', () => {
    expect(new Play().goLive().pass().pass().effects).toEqual([{ do: 'load', id: 1, page: 0 }]);
  });

  test('whose question is not answered either takes the link for dead', () => {
    const play = new Play().goLive().pass().pass().pass();
    expect(play.state.phase).toBe('waiting');
    expect(play.effects).toEqual([{ do: 'close', id: 1 }]);
  });

  test('keeps its link when the snapshot is refused, and asks again ever later', () => {
    const play = new Play().welcome().say({ type: 'subscribed', id: 1 });
    const pauses = Array.from({ length: 4 }, () => {
      play.say({ type: 'snapshot-refused', id: 1, why: 'not yet' });
      const before = play.now;
      play.pass();
      return play.now - before;
    });
    expect(play.state.link?.id).toBe(1);
    expect(pauses).toEqual([...pauses].sort((left, right) => left - right));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(5_000);
  });
});

const id = fc.integer({ min: 0, max: 12 });
const anyEvent: fc.Arbitrary<ConnectionEvent | 'pass'> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('pass' as const) },
  fc.constant({ type: 'start' as const }),
  fc.record({ type: fc.constant('welcomed' as const), id }),
  fc.record({ type: fc.constant('lost' as const), id, why: fc.constant('it broke') }),
  fc.record({ type: fc.constant('subscribed' as const), id }),
  fc.record({ type: fc.constant('page-taken' as const), id, next: fc.nat(5) }),
  fc.record({
    type: fc.constant('snapshot-taken' as const),
    id,
    isInSync: fc.boolean(),
    silenceMs: fc.constant(6_000),
  }),
  fc.record({ type: fc.constant('snapshot-refused' as const), id, why: fc.constant('not yet') }),
  fc.record({ type: fc.constant('in-sync' as const), id, silenceMs: fc.constant(6_000) }),
  fc.record({ type: fc.constant('out-of-sync' as const), id, why: fc.constant('changes were missed') }),
);

test('whatever happens, at most a link and a probe are open, each is closed once, and something is always due', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 80 }), fc.constantFrom('automatic', 'websocket', 'longpoll'), (events, choice) => {
      const play = new Play(choice);
      const open = new Set(play.effects.flatMap((effect) => (effect.do === 'open' ? [effect.link.id] : [])));
      for (const event of events) {
        if (event === 'pass') play.pass();
        else play.say(event);
        for (const effect of play.effects) {
          if (effect.do === 'open') open.add(effect.link.id);
          if (effect.do === 'close') expect(open.delete(effect.id)).toBe(true);
          if (effect.do === 'subscribe' || effect.do === 'load') expect(open.has(effect.id)).toBe(true);
        }
        const ours = [play.state.link?.id, play.state.probe?.link?.id].filter((one) => one !== undefined);
        expect([...open].sort()).toEqual(ours.sort());
        expect(dueAt(play.state)).not.toBeNull();
      }
    }),
    { numRuns: 1000 },
  );
});

test('from wherever it was, a node that answers brings the wall to life', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const play = new Play();
      for (const event of events) {
        if (event === 'pass') play.pass();
        else play.say(event);
      }
      for (let turn = 0; turn < 20 && play.state.phase !== 'live'; turn += 1) {
        if (play.state.phase === 'opening') play.welcome();
        else if (play.state.phase === 'subscribing') play.say({ type: 'subscribed', id: play.id });
        else if (play.state.phase === 'loading') play.goLive();
        else play.pass();
      }
      expect(play.state.phase).toBe('live');
    }),
    { numRuns: 500 },
  );
});
