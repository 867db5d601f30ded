/** What several parts of the wall ask of the state; one freshness a state, because everybody asks for it. */
import type { Freshness } from '../../core/freshness';
import { freshnessAt } from '../../core/freshness';
import { placesOf } from '../../core/selectors';
import type { WallState } from '../../core/wall-store';

let remembered: { state: WallState; freshness: Freshness } | null = null;
let rememberedPlaces: { cells: unknown; places: string } | null = null;

/** The same text while no cell comes, goes or moves. */
export function placesIn({ grid: { grid } }: WallState): string {
  if (grid === null) return '';
  if (rememberedPlaces?.cells !== grid.cells) rememberedPlaces = { cells: grid.cells, places: placesOf(grid.cells) };
  return rememberedPlaces.places;
}

export function freshnessOf(state: WallState): Freshness {
  if (remembered?.state !== state) {
    const freshness = freshnessAt(state.pulse, state.grid.grid?.heartbeatIntervalS ?? 1, state.now);
    remembered = { state, freshness };
  }
  return remembered.freshness;
}

/** Milliseconds since 1970 by the node's clock: the screen's own may be wrong, and its ages with it. */
export function serverNow(state: WallState): number {
  return freshnessOf(state).serverNow;
}

export function timeZoneOf(state: WallState): string {
  return state.grid.grid?.timeZone ?? 'UTC';
}

/** "Trying again in 3 s", or empty while something is being tried. */
export function retryText({ connection, now }: WallState): string {
  if ((connection.phase !== 'waiting' && connection.phase !== 'refused') || connection.dueAt === null) return '';
  const seconds = Math.max(0, Math.ceil((connection.dueAt - now) / 1000));
  return seconds === 0 ? 'Trying again now' : `Trying again in ${String(seconds)} s`;
}
