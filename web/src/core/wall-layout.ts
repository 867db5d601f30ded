/**
 * How the wall uses the screen: how many tiles stand side by side, how high the rows are, how large the text is.
 *
 * A line of a row takes up to `most` tiles; what is more goes on in the next line, evenly. Columns are as wide as the names
 * in them need. Every `most` is tried, and the one with the largest text wins. Lengths are CSS pixels, needs are in em.
 */
import type { Table } from './selectors';

export interface Area {
  readonly width: number;
  readonly height: number;
}

/** `rows[i].perLine[j]` tiles stand side by side in row i, column j, each `tileEm` wide. `textPx` is one em. */
export interface WallLayout {
  readonly columnShares: readonly number[];
  readonly rows: readonly RowLayout[];
  readonly textPx: number;
  readonly linePx: number;
}

interface RowLayout {
  readonly lines: number;
  readonly perLine: readonly number[];
  readonly tileEm: readonly number[];
}

/** Below this nobody reads it: text stops shrinking and the wall is scrolled instead. */
const SMALLEST_TEXT_PX = 11;
const LARGEST_TEXT_PX = 44;
/** A letter of a condensed name; the shape and the margins beside it; "Critical 48 min", its arrow and "Ack". */
const LETTER_EM = 0.49;
const BESIDE_NAME_EM = 2.4;
const STATE_EM = 8.9;
/** Gaps and borders do not grow with the text. */
const COLUMN_MARGINS_PX = 12;
const TILE_MARGINS_PX = 8;
/** Name and state; and what stands between two of them. */
const LINE_EM = 2.35;
const LINE_MARGINS_PX = 13;

export function layOut(table: Table, area: Area): WallLayout {
  const fullest = Math.max(1, ...table.rows.map(({ columns }) => Math.max(...columns.map((servers) => servers.length))));
  let best = layOutWith(table, area, 1);
  for (let most = 2; most <= fullest; most += 1) {
    const layout = layOutWith(table, area, most);
    if (layout.textPx > best.textPx) best = layout;
  }
  return { ...best, textPx: Math.min(LARGEST_TEXT_PX, Math.max(SMALLEST_TEXT_PX, best.textPx)) };
}

function layOutWith(table: Table, area: Area, most: number): WallLayout {
  const rows = table.rows.map(({ columns }) => {
    const lines = Math.max(1, ...columns.map((servers) => Math.ceil(servers.length / most)));
    return { lines, perLine: columns.map((servers) => Math.max(1, Math.ceil(servers.length / lines))) };
  });
  const needs = table.serverTypes.map((_, column) =>
    Math.max(
      STATE_EM,
      ...table.rows.map(({ columns }, row) => (rows[row]?.perLine[column] ?? 1) * widestEm(columns[column] ?? [])),
    ),
  );
  const linePx = area.height / sum(rows.map(({ lines }) => lines));
  const tiles = table.serverTypes.map((_, column) => Math.max(1, ...rows.map(({ perLine }) => perLine[column] ?? 1)));
  const margins = sum(tiles.map((count) => COLUMN_MARGINS_PX + count * TILE_MARGINS_PX));
  const textPx = Math.min((area.width - margins) / sum(needs), (linePx - LINE_MARGINS_PX) / LINE_EM);
  const columnShares = needs.map((need) => need / sum(needs));
  const tileEm = (perLine: readonly number[]): number[] =>
    perLine.map((count, column) => ((columnShares[column] ?? 1) * area.width) / count / textPx);
  return { columnShares, rows: rows.map((row) => ({ ...row, tileEm: tileEm(row.perLine) })), linePx, textPx };
}

function widestEm(servers: readonly string[]): number {
  return Math.max(STATE_EM, ...servers.map((server) => server.length * LETTER_EM + BESIDE_NAME_EM));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
