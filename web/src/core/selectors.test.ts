import { describe, expect, test } from 'vitest';
import type { Severity } from '../protocol/types.gen';
import { cell, frame, page, samplePage, START } from '../testing/builders';
import type { Grid } from './grid-reducer';
import { NO_GRID, reduceGrid } from './grid-reducer';
import { changesText, summaryOf, summaryText, tableOf, titleOf } from './selectors';
import { BY_ATTENTION, needsAttention } from './severity';

function gridOf(snapshot: ReturnType<typeof page>): Grid {
  const { grid } = reduceGrid(NO_GRID, { type: 'page', page: snapshot });
  if (grid === null) throw new Error('the snapshot has more than one page');
  return grid;
}

const gridWith = (...severities: (Severity | null)[]): Grid =>
  gridOf(page({ cells: severities.map((severity, index) => cell(`s${String(index)}`, { severity })) }));

test('attention goes from critical down, and unknown comes before healthy', () => {
  expect(BY_ATTENTION).toEqual(['critical', 'major', 'minor', 'warning', 'indeterminate', 'unknown', 'cleared']);
  expect(BY_ATTENTION.filter(needsAttention)).toEqual(['critical', 'major', 'minor', 'warning']);
});

test.each([
  [['cleared', 'cleared'], 'All 2 servers healthy'],
  [['cleared'], 'The one server is healthy'],
  [['critical', 'warning', 'cleared'], '2 of 3 need attention'],
  [['minor', 'cleared'], '1 of 2 needs attention'],
  [['major', null, 'cleared'], '1 of 3 needs attention, 1 unknown'],
  [[null, 'cleared'], '1 of 2 unknown'],
  [['indeterminate', 'cleared'], 'All 2 servers healthy'],
] as const)('%j is summed up as "%s"', (severities, text) => {
  expect(summaryText(summaryOf(gridWith(...severities)))).toBe(text);
});

test('planned work is told, and calls nobody', () => {
  const maintenance = { from_at: new Date(START).toISOString(), by: 'anna' };
  const grid = gridOf(
    page({ cells: [cell('a', { severity: 'critical', maintenance }), cell('b', { severity: 'major' }), cell('c')] }),
  );
  expect(summaryText(summaryOf(grid))).toBe('1 of 3 needs attention');
  expect(summaryOf(grid).maintenance).toBe(1);
  const quiet = gridOf(page({ cells: [cell('a', { severity: 'critical', maintenance }), cell('b')] }));
  expect(summaryText(summaryOf(quiet))).toBe('1 of 2 healthy, 1 in planned work');
  expect(titleOf(grid, true)).toBe('(1) Claims platform');
});

test('a silent server counts as unknown, whatever was known last, and turning silent is told', () => {
  const before = gridOf(page({ cells: [cell('a')] }));
  const after = gridOf(page({ cells: [cell('a', { silent_since: new Date(START).toISOString() })] }));
  expect(summaryText(summaryOf(after))).toBe('1 of 1 unknown');
  expect(changesText(before, after, 3)).toBe('a unknown');
});

test('the title counts what is failing, and says when it does not know', () => {
  expect(titleOf(gridWith('critical', 'minor', null), true)).toBe('(2) Claims platform');
  expect(titleOf(gridWith('cleared'), true)).toBe('Claims platform');
  expect(titleOf(gridWith('critical'), false)).toBe('NOT LIVE – Claims platform');
});

describe('the table', () => {
  test('has every server of the sample site in its place', () => {
    const table = tableOf(gridOf(samplePage(START)));
    expect(table.rows).toHaveLength(11);
    expect(table.serverTypes.map(({ label }) => label)).toEqual(['HTTP server', 'WebLogic', 'Database', 'Host']);
    expect(table.rows.flatMap(({ columns }) => columns.flat())).toHaveLength(52);
  });

  test('has a place for servers of tiers and types that the site does not list', () => {
    const { rows, serverTypes } = tableOf(gridOf(page({ cells: [cell('a'), cell('b', { tier: 'unplaced', server_type: 'other' })] })));
    expect(rows.map(({ tier }) => tier.label)).toEqual(['Web', 'Unplaced']);
    expect(serverTypes.map(({ label }) => label)).toEqual(['HTTP server', 'Other']);
    expect(rows[1]?.columns).toEqual([[], ['b']]);
  });
});

describe('what is told to people who listen', () => {
  const before = gridWith('cleared', 'cleared', 'major');
  const after = (cells: ReturnType<typeof cell>[]): Grid =>
    reduceGrid({ ...NO_GRID, grid: before }, { type: 'frame', frame: frame(1, cells) }).grid ?? before;

  test('is the worst first, and not more than people can take in', () => {
    const grid = after([cell('s2'), cell('s0', { severity: 'critical' }), cell('s1', { severity: 'minor' })]);
    expect(changesText(before, grid, 2)).toBe('s0 critical, s1 minor, 1 more');
  });

  test('is nothing when only the words changed', () => {
    expect(changesText(before, after([cell('s2', { severity: 'major', message: 'again' })]), 2)).toBe('');
  });
});
