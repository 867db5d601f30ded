/**
 * How the wall uses the screen: how many tiles stand side by side, how high the rows are, how large the text is.
 *
 * A column is as wide as its fullest row, up to a number of tiles; a row with more goes on in a second line. All
 * numbers of tiles are tried, and the one with the most readable tile wins. Lengths are CSS pixels.
 */
import type { Table } from './selectors';

export interface Area {
  readonly width: number;
  readonly height: number;
}

/** Weights say how rows and columns share the area; `scale` is the size of the text, in pixels. */
export interface WallLayout {
  readonly columnWeights: readonly number[];
  readonly rowWeights: readonly number[];
  readonly textPx: number;
  readonly tile: Area;
}

/** Below this a tile cannot hold its name and its word: text stops shrinking and the wall is scrolled instead. */
const SMALLEST_TEXT_PX = 11;
const LARGEST_TEXT_PX = 40;
/** A tile holds about 13 letters of a name beside its shape, and three lines. */
const TEXT_WIDTHS = 9.2;
const TEXT_HEIGHTS = 3.1;

export function layOut(table: Table, area: Area): WallLayout {
  const fullest = Math.max(1, ...table.rows.map(({ columns }) => Math.max(...columns.map((servers) => servers.length))));
  let best = layOutWith(table, area, 1);
  for (let most = 2; most <= fullest; most += 1) {
    const layout = layOutWith(table, area, most);
    if (layout.textPx > best.textPx) best = layout;
  }
  return { ...best, textPx: Math.min(LARGEST_TEXT_PX, Math.max(SMALLEST_TEXT_PX, best.textPx)) };
}

function layOutWith({ serverTypes, rows }: Table, area: Area, most: number): WallLayout {
  const columnWeights = serverTypes.map((_, index) =>
    Math.max(1, ...rows.map(({ columns }) => Math.min(most, columns[index]?.length ?? 0))),
  );
  const rowWeights = rows.map(({ columns }) =>
    Math.max(1, ...columns.map((servers, index) => Math.ceil(servers.length / (columnWeights[index] ?? 1)))),
  );
  const tile = { width: area.width / sum(columnWeights), height: area.height / sum(rowWeights) };
  return { columnWeights, rowWeights, tile, textPx: Math.min(tile.width / TEXT_WIDTHS, tile.height / TEXT_HEIGHTS) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
