import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WholeCell } from '../protocol/decode';
import { SEVERITIES } from '../protocol/types.gen';
import { cell, frame, page } from '../testing/builders';
import type { GridEvent, GridState } from './grid-reducer';
import { isInSync, nextPage, NO_GRID, reduceGrid } from './grid-reducer';

const reduceAll = (events: readonly GridEvent[], state: GridState = NO_GRID): GridState => events.reduce(reduceGrid, state);
const severityOf = (state: GridState, server: string): unknown => state.grid?.cells.get(server)?.severity;
const asPage = (change: Parameters<typeof page>[0]): GridEvent => ({ type: 'page', page: page(change) });
const asFrame = (...args: Parameters<typeof frame>): GridEvent => ({ type: 'frame', frame: frame(...args) });

describe('a snapshot', () => {
  test('is drawn when its last page is there, and not before', () => {
    const half = reduceAll([asPage({ pages: 2, cells: [cell('a')] })]);
    expect(half.grid).toBeNull();
    expect(nextPage(half)).toBe(1);
    const whole = reduceAll([asPage({ pages: 2, page: 1, cells: [cell('b')] })], half);
    expect([...(whole.grid?.cells.keys() ?? [])]).toEqual(['a', 'b']);
    expect(isInSync(whole)).toBe(true);
  });

  test.each([
    ['another epoch', { epoch: 'two' }],
    ['another frame', { frame: 9 }],
    ['a page out of turn', { page: 2 }],
    ['another number of pages', { pages: 4 }],
  ])('is begun again when a page is of %s', (_, change) => {
    const state = reduceAll([asPage({ pages: 3, cells: [cell('a')] }), asPage({ pages: 3, page: 1, ...change })]);
    expect(state.grid).toBeNull();
    expect(nextPage(state)).toBe(0);
  });

  test('replaces what is on the glass, servers that are gone included', () => {
    const before = reduceAll([asPage({ cells: [cell('gone'), cell('stays')] })]);
    const after = reduceAll([{ type: 'snapshot-started' }, asPage({ frame: 7, cells: [cell('stays')] })], before);
    expect([...(after.grid?.cells.keys() ?? [])]).toEqual(['stays']);
  });
});

describe('frames', () => {
  test('that came before the snapshot are applied after it, and what it holds is dropped', () => {
    const state = reduceAll([
      asFrame(4, [cell('a', { severity: 'minor' })]),
      asFrame(5, [cell('a', { severity: 'major' })]),
      asFrame(6, [cell('a', { severity: 'critical' })]),
      asPage({ frame: 5, cells: [cell('a', { severity: 'warning' })] }),
    ]);
    expect(severityOf(state, 'a')).toBe('critical');
    expect(state.grid?.frame).toBe(6);
    expect(state.held).toEqual([]);
  });

  test('after a gap wait for the missing one', () => {
    const gap = reduceAll([asPage({ cells: [cell('a')] }), asFrame(2, [cell('a', { severity: 'major' })])]);
    expect(severityOf(gap, 'a')).toBe('cleared');
    expect(isInSync(gap)).toBe(false);
    const filled = reduceAll([asFrame(1, [cell('a', { severity: 'minor' })])], gap);
    expect(severityOf(filled, 'a')).toBe('major');
    expect(isInSync(filled)).toBe(true);
  });

  test('of another epoch are never applied, and say that the grid is old', () => {
    const state = reduceAll([asPage({ cells: [cell('a')] }), asFrame(1, [cell('a', { severity: 'major' })], { epoch: 'two' })]);
    expect(severityOf(state, 'a')).toBe('cleared');
    expect(isInSync(state)).toBe(false);
  });

  test('that nobody asks for do not pile up for ever', () => {
    const frames = Array.from({ length: 5000 }, (_, index) => asFrame(index + 1));
    expect(reduceAll(frames).held.length).toBeLessThanOrEqual(2000);
  });

  test('remove servers', () => {
    const state = reduceAll([asPage({ cells: [cell('a'), cell('b')] }), asFrame(1, [], { removed: ['a'] })]);
    expect([...(state.grid?.cells.keys() ?? [])]).toEqual(['b']);
  });
});

test('a heartbeat of a frame that never came says that the grid is old', () => {
  const state = reduceAll([asPage({ cells: [cell('a')] }), { type: 'heartbeat', position: { epoch: 'one', frame: 1 } }]);
  expect(isInSync(state)).toBe(false);
});

const severity = fc.constantFrom(...SEVERITIES, null);
const change = fc.record({ server: fc.constantFrom('a', 'b', 'c', 'd'), severity, removes: fc.boolean() });

test('frames in any order, doubled at will, around a snapshot of any moment come to the same grid', () => {
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 1, maxLength: 12 }),
      fc.nat(),
      fc.array(fc.nat(), { maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      (changes, moment, doubled, order) => {
        const states: Map<string, WholeCell>[] = [new Map([['a', cell('a')]])];
        const frames = changes.map(({ server, severity: level, removes }, index) => {
          const next = new Map(states[index]);
          if (removes) next.delete(server);
          else next.set(server, cell(server, { severity: level }));
          states.push(next);
          return removes
            ? asFrame(index + 1, [], { removed: [server] })
            : asFrame(index + 1, [cell(server, { severity: level })]);
        });
        const at = moment % states.length;
        const snapshot = asPage({ frame: at, cells: [...(states[at]?.values() ?? [])] });
        const repeats = doubled.map((index) => frames[index % frames.length]).filter((event) => event !== undefined);
        const keys = new Map([snapshot, ...frames, ...repeats].map((event) => [event, order.next().value ?? 0]));
        const events = [snapshot, ...frames, ...repeats].sort((left, right) => (keys.get(left) ?? 0) - (keys.get(right) ?? 0));
        const end = reduceAll(events);
        expect(isInSync(end)).toBe(true);
        expect(Object.fromEntries(end.grid?.cells ?? [])).toEqual(Object.fromEntries(states[states.length - 1] ?? []));
      },
    ),
    { numRuns: 500 },
  );
});
