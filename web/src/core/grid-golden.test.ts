/** The publisher's own stories (tests/golden/grid): the same files, the same end as in Python. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { decodeCell, decodeFrame, decodeHeartbeat, decodePage } from '../protocol/decode';
import type { GridState } from './grid-reducer';
import { isInSync, NO_GRID, reduceGrid } from './grid-reducer';

interface Story {
  readonly description: string;
  readonly steps: readonly { page?: unknown; frame?: unknown; heartbeat?: unknown; in_sync: boolean }[];
  readonly expected: { epoch: string; frame: number; cells: Record<string, unknown> };
}

const FOLDER = path.resolve(__dirname, '../../../tests/golden/grid');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

function take(state: GridState, step: Story['steps'][number]): GridState {
  if (step.frame !== undefined) return reduceGrid(state, { type: 'frame', frame: decodeFrame(step.frame) });
  if (step.heartbeat !== undefined) {
    return reduceGrid(state, { type: 'heartbeat', position: decodeHeartbeat(step.heartbeat) });
  }
  const page = decodePage(step.page);
  const ready = page.page === 0 ? reduceGrid(state, { type: 'snapshot-started' }) : state;
  return reduceGrid(ready, { type: 'page', page });
}

test('there are stories to read', () => {
  expect(files.length).toBeGreaterThanOrEqual(10);
});

test.each(files)('%s', (file) => {
  const story = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Story;
  let state = NO_GRID;
  story.steps.forEach((step, index) => {
    state = take(state, step);
    expect(isInSync(state), `step ${String(index)} of: ${story.description}`).toBe(step.in_sync);
  });
  expect(state.grid?.epoch).toBe(story.expected.epoch);
  expect(state.grid?.frame).toBe(story.expected.frame);
  const cells = Object.fromEntries(state.grid?.cells ?? []);
  const expected = Object.entries(story.expected.cells).map(([server, cell]) => [server, decodeCell(cell)]);
  expect(cells).toEqual(Object.fromEntries(expected));
});
