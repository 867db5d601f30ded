import fc from 'fast-check';
import { expect, test } from 'vitest';
import { heartbeat, START } from '../testing/builders';
import type { Pulse } from './freshness';
import { freshnessAt, NO_PULSE } from './freshness';

const INTERVAL_S = 2;

/** A screen whose clock is `skewMs` ahead of the node's, with a heartbeat and a canary just seen. */
function pulse(change: Partial<Pulse> = {}, skewMs = 0): Pulse {
  const at = START + skewMs;
  return { heartbeat: heartbeat(), heardAt: at, verifiedAt: at, firstHeardAt: at, ...change };
}

const after = (seconds: number, of: Pulse = pulse(), skewMs = 0): ReturnType<typeof freshnessAt> =>
  freshnessAt(of, INTERVAL_S, START + skewMs + seconds * 1000);

/** Canaries go on; heartbeats do not. */
const silent = pulse({ heartbeat: heartbeat({ canary_interval_s: 3600 }) });

test.each([
  [0, 'live'],
  [3, 'live'],
  [4.6, 'late'],
  [9.9, 'late'],
  [10.6, 'not-live'],
  [3600, 'not-live'],
])('%s s after the last heartbeat the wall is %s', (seconds, level) => {
  expect(after(seconds, silent).level).toBe(level);
});

test.each([
  [5, 'live'],
  [12, 'live'],
  [14, 'late'],
  [29, 'not-live'],
])('%s s after the last canary the wall is %s, though heartbeats go on', (seconds, level) => {
  const now = START + seconds * 1000;
  const beating = pulse({ heartbeat: heartbeat({ sent_at: new Date(now).toISOString() }), heardAt: now, verifiedAt: now });
  const freshness = freshnessAt(beating, INTERVAL_S, now);
  expect(freshness.level).toBe(level);
  expect(freshness.dataAgeS).toBe(seconds);
});

test('a canary that never came is missed from the first heartbeat on', () => {
  const now = START + 60_000;
  const beating = { heartbeat: heartbeat({ sent_at: new Date(now).toISOString(), canary_at: null }), heardAt: now, verifiedAt: now };
  expect(freshnessAt(pulse({ ...beating, firstHeardAt: now - 3_000 }), INTERVAL_S, now).level).toBe('live');
  const freshness = freshnessAt(pulse({ ...beating, firstHeardAt: START }), INTERVAL_S, now);
  expect(freshness).toMatchObject({ level: 'not-live', dataAgeS: null, since: START });
  expect(freshness.why).toContain('No test trap');
});

test('nothing is known before the first snapshot', () => {
  expect(freshnessAt(NO_PULSE, INTERVAL_S, START).level).toBe('unknown');
});

test('a screen whose clock is wrong by any amount says the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e10, max: 1e10 }), fc.nat(100), (skewMs, seconds) => {
      expect(after(seconds, pulse({}, skewMs), skewMs)).toEqual(after(seconds));
    }),
  );
});

test('it never gets better by waiting', () => {
  const order = ['unknown', 'live', 'late', 'not-live'];
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), (seconds, more) => {
      expect(order.indexOf(after(seconds + more).level)).toBeGreaterThanOrEqual(order.indexOf(after(seconds).level));
    }),
  );
});
