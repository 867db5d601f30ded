import fc from 'fast-check';
import { expect, test } from 'vitest';
import { page, samplePage, START } from '../testing/builders';
import { NO_GRID, reduceGrid } from './grid-reducer';
import type { Table } from './selectors';
import { tableOf } from './selectors';
import { layOut } from './wall-layout';

const { grid } = reduceGrid(NO_GRID, { type: 'page', page: samplePage(START) });
const sample: Table = grid === null ? { serverTypes: [], rows: [] } : tableOf(grid);

test.each([
  ['a full HD screen', 1920, 1080, 16],
  ['a 4K screen', 3840, 2160, 32],
  ['a laptop', 1366, 768, 11.5],
])('the sample site is readable on %s', (_, width, height, atLeast) => {
  expect(layOut(sample, { width: width * 0.89, height: height * 0.86 }).textPx).toBeGreaterThanOrEqual(atLeast);
});

test('a larger screen never has smaller text', () => {
  fc.assert(
    fc.property(fc.integer({ min: 700, max: 4000 }), fc.integer({ min: 400, max: 2200 }), fc.nat(500), (width, height, more) => {
      const small = layOut(sample, { width, height }).textPx;
      expect(layOut(sample, { width: width + more, height: height + more }).textPx).toBeGreaterThanOrEqual(small);
    }),
  );
});

test('every server has a tile: lines times tiles in a line are enough, and columns share the whole width', () => {
  const servers = fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 9 });
  fc.assert(
    fc.property(fc.array(fc.tuple(servers, servers, servers), { minLength: 1, maxLength: 8 }), (columns) => {
      const { tiers, server_types: types } = page();
      const tier = tiers[0] ?? { id: 'web', label: 'Web' };
      const type = types[0] ?? { id: 'http', label: 'HTTP server' };
      const table: Table = { serverTypes: [type, type, type], rows: columns.map((row) => ({ tier, columns: row })) };
      const layout = layOut(table, { width: 1700, height: 900 });
      columns.forEach((row, index) => {
        const { lines, perLine } = layout.rows[index] ?? { lines: 0, perLine: [] };
        row.forEach((names, column) => {
          expect(lines * (perLine[column] ?? 0)).toBeGreaterThanOrEqual(names.length);
        });
      });
      expect(layout.columnShares.reduce((total, share) => total + share, 0)).toBeCloseTo(1);
    }),
  );
});
