/**
 * The grid as this page knows it, and whether it knows all of it (laws 4 and 5).
 *
 * Rules
 * 1. A snapshot's pages are of one epoch and frame; the grid on the glass changes when the last page is there.
 * 2. Frames are applied in the order of their numbers, each once; what the snapshot holds is dropped.
 * 3. A frame that cannot be applied yet is held back; a snapshot, or the missing frame, releases it.
 * 4. The grid is in sync only while it holds every frame that frames and heartbeats have told of, in their epoch.
 */
import type { ServerType, Tier } from '../protocol/types.gen';
import type { WholeCell, WholeFrame, WholePage } from '../protocol/decode';

export interface Grid {
  readonly epoch: string;
  readonly frame: number;
  readonly site: string;
  readonly timeZone: string;
  readonly heartbeatIntervalS: number;
  readonly tiers: readonly Tier[];
  readonly serverTypes: readonly ServerType[];
  readonly cells: ReadonlyMap<string, WholeCell>;
}

/** A publisher run and the number of its last frame. */
interface Position {
  readonly epoch: string;
  readonly frame: number;
}

export interface GridState {
  readonly grid: Grid | null;
  readonly pages: readonly WholePage[];
  readonly held: readonly WholeFrame[];
  readonly heard: Position | null;
}

export type GridEvent =
  | { readonly type: 'snapshot-started' }
  | { readonly type: 'page'; readonly page: WholePage }
  | { readonly type: 'frame'; readonly frame: WholeFrame }
  | { readonly type: 'heartbeat'; readonly position: Position };

export const NO_GRID: GridState = { grid: null, pages: [], held: [], heard: null };

/** While no snapshot comes the held frames must not grow for ever; a dropped one shows as a gap, never as a wrong cell. */
const MOST_HELD = 2000;

export function reduceGrid(state: GridState, event: GridEvent): GridState {
  switch (event.type) {
    case 'snapshot-started':
      return { ...state, pages: [] };
    case 'page':
      return takePage(state, event.page);
    case 'frame': {
      const held = [...state.held, event.frame].slice(-MOST_HELD);
      return drain({ ...state, held, heard: later(state.heard, event.frame) });
    }
    case 'heartbeat':
      return { ...state, heard: later(state.heard, event.position) };
  }
}

export function isInSync({ grid, heard }: GridState): boolean {
  return grid !== null && (heard === null || (heard.epoch === grid.epoch && heard.frame <= grid.frame));
}

/** The number of the page to ask for next; 0 is a new snapshot. */
export function nextPage({ pages }: GridState): number {
  return pages.length;
}

/** Whether the page continues the snapshot that page 0 pinned. */
export function isExpected({ pages }: GridState, page: WholePage): boolean {
  const first = pages[0];
  if (page.page !== pages.length || page.page >= page.pages) return false;
  return first === undefined || (page.epoch === first.epoch && page.frame === first.frame && page.pages === first.pages);
}

function takePage(state: GridState, page: WholePage): GridState {
  if (!isExpected(state, page)) return { ...state, pages: [] };
  const pages = [...state.pages, page];
  // What came before page 0 and is of another epoch is older than it: the node answers in the order in which it publishes.
  const held = page.page === 0 ? state.held.filter((frame) => frame.epoch === page.epoch) : state.held;
  const heard = page.page === 0 ? later(state.heard, page) : state.heard;
  if (pages.length < page.pages) return { ...state, pages, held, heard };
  return drain({ grid: gridOf(pages, page), pages: [], held, heard });
}

function gridOf(pages: readonly WholePage[], last: WholePage): Grid {
  const cells = new Map<string, WholeCell>();
  for (const page of pages) for (const cell of page.cells) cells.set(cell.server, cell);
  return {
    epoch: last.epoch,
    frame: last.frame,
    site: last.site,
    timeZone: last.time_zone,
    heartbeatIntervalS: last.heartbeat_interval_s,
    tiers: last.tiers,
    serverTypes: last.server_types,
    cells,
  };
}

function drain(state: GridState): GridState {
  const before = state.grid;
  if (before === null) return state;
  const mine = state.held.filter((frame) => frame.epoch === before.epoch && frame.frame > before.frame);
  const others = state.held.filter((frame) => frame.epoch !== before.epoch);
  mine.sort((left, right) => left.frame - right.frame);
  let number = before.frame;
  let taken = 0;
  let cells: Map<string, WholeCell> | null = null;
  for (const frame of mine) {
    if (frame.frame > number + 1) break;
    taken += 1;
    if (frame.frame === number) continue;
    number = frame.frame;
    cells ??= copyOf(before.cells);
    for (const cell of frame.cells) cells.set(cell.server, cell);
    for (const server of frame.removed) cells.delete(server);
  }
  const grid = cells === null ? before : { ...before, frame: number, cells };
  return { ...state, grid, held: [...others, ...mine.slice(taken)] };
}

/** `new Map(iterable)` is empty in IE 11, which has a Map of its own. */
function copyOf(cells: ReadonlyMap<string, WholeCell>): Map<string, WholeCell> {
  const copy = new Map<string, WholeCell>();
  cells.forEach((cell, server) => copy.set(server, cell));
  return copy;
}

function later(heard: Position | null, { epoch, frame }: Position): Position {
  return heard?.epoch === epoch && heard.frame > frame ? heard : { epoch, frame };
}
