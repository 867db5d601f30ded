/** Questions about the grid that the wall asks. Pure; the grid is a value, so answers can be remembered by it. */
import type { ServerType, Tier } from '../protocol/types.gen';
import type { WholeCell } from '../protocol/decode';
import type { Grid } from './grid-reducer';
import type { Shown } from './severity';
import { BY_ATTENTION, needsAttention, shownOf } from './severity';

export interface Summary {
  readonly total: number;
  readonly attention: number;
  readonly unknown: number;
  /** Under planned work: shown as bad as they are, but nobody needs to be called. They are in no other number. */
  readonly maintenance: number;
  readonly counts: Readonly<Record<Shown, number>>;
}

export function summaryOf(grid: Grid): Summary {
  const counts = {} as Record<Shown, number>;
  for (const shown of BY_ATTENTION) counts[shown] = 0;
  let maintenance = 0;
  grid.cells.forEach((cell) => {
    if (cell.maintenance === null) counts[shownOf(cell)] += 1;
    else maintenance += 1;
  });
  const attention = BY_ATTENTION.filter(needsAttention).reduce((sum, shown) => sum + counts[shown], 0);
  return { total: grid.cells.size, attention, unknown: counts.unknown, maintenance, counts };
}

/** "3 of 52 need attention", with what is unknown; else whether all is well. Planned work beside trouble is a count. */
export function summaryText({ total, attention, unknown, maintenance }: Summary): string {
  const ofAll = ` of ${String(total)} `;
  if (attention > 0) {
    const unknownText = unknown === 0 ? '' : `, ${String(unknown)} unknown`;
    return `${String(attention)}${ofAll}${attention === 1 ? 'needs' : 'need'} attention${unknownText}`;
  }
  if (unknown > 0) return `${String(unknown)}${ofAll}unknown`;
  if (maintenance > 0) return `${String(total - maintenance)}${ofAll}healthy, ${String(maintenance)} in planned work`;
  return total === 1 ? 'The one server is healthy' : `All ${String(total)} servers healthy`;
}

/** The page's title: what is failing comes first, because a tab shows little. */
export function titleOf(grid: Grid, isLive: boolean): string {
  if (!isLive) return `NOT LIVE – ${grid.site}`;
  const { attention } = summaryOf(grid);
  return attention === 0 ? grid.site : `(${String(attention)}) ${grid.site}`;
}

/** A row of the wall: for each column the names of its servers, in the site's order. */
export interface Row {
  readonly tier: Tier;
  readonly columns: readonly (readonly string[])[];
}

export interface Table {
  readonly serverTypes: readonly ServerType[];
  readonly rows: readonly Row[];
}

/**
 * Every cell has a place: tiers and server types that the site does not list come last, under their own id.
 * Tiers and columns without servers are left out: they would take room from the others.
 */
export function tableOf(grid: Grid): Table {
  const tiers = grid.tiers.slice();
  const serverTypes = grid.serverTypes.slice();
  const places: Record<string, Record<string, string[]>> = {};
  const used: Record<string, true> = {};
  grid.cells.forEach((cell) => {
    if (!tiers.some(({ id }) => id === cell.tier)) tiers.push({ id: cell.tier, label: capitalized(cell.tier) });
    if (!serverTypes.some(({ id }) => id === cell.server_type)) {
      serverTypes.push({ id: cell.server_type, label: capitalized(cell.server_type) });
    }
    used[cell.server_type] = true;
    const row = (places[cell.tier] ??= {});
    (row[cell.server_type] ??= []).push(cell.server);
  });
  const columns = serverTypes.filter(({ id }) => used[id]);
  return {
    serverTypes: columns,
    rows: tiers
      .filter(({ id }) => places[id] !== undefined)
      .map((tier) => ({ tier, columns: columns.map(({ id }) => places[tier.id]?.[id] ?? []) })),
  };
}

/** The same table for the same places: a change of severity moves nothing. */
export function placesOf(cells: ReadonlyMap<string, WholeCell>): string {
  const places: string[] = [];
  cells.forEach((cell) => places.push(cell.server, cell.tier, cell.server_type));
  return places.join('\n');
}

/** What changed for the worse or the better between two grids, for people who listen; empty when nothing did. */
export function changesText(before: Grid, after: Grid, most: number): string {
  const changes: { shown: Shown; server: string }[] = [];
  after.cells.forEach((cell, server) => {
    const old = before.cells.get(server);
    const shown = shownOf(cell);
    if (old !== cell && (old === undefined || shownOf(old) !== shown)) changes.push({ shown, server });
  });
  changes.sort((left, right) => BY_ATTENTION.indexOf(left.shown) - BY_ATTENTION.indexOf(right.shown));
  const told = changes.slice(0, most).map(({ server, shown }) => `${server} ${shown === 'cleared' ? 'healthy' : shown}`);
  if (changes.length > most) told.push(`${String(changes.length - most)} more`);
  return told.join(', ');
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
