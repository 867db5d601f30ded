/**
 * The legend; the times in which traps could not be received, of which nobody knows what happened; and which retired
 * servers were heard of, because they stay off the wall.
 */
import type { JSX } from 'react';
import { BY_ATTENTION, wordOf } from '../../core/severity';
import type { WallState, WallStore } from '../../core/wall-store';
import { zonedTime } from '../../core/wall-time';
import { Shape } from '../../ui/shape';
import { TrendArrow } from '../../ui/trend-arrow';
import { useSelected } from '../../ui/use-selected';
import { timeZoneOf } from './wall-selectors';

export function WallFooter({ store }: { readonly store: WallStore }): JSX.Element {
  const blind = useSelected(store, blindText);
  const heard = useSelected(store, heardText);
  return (
    <footer className="footer">
      <ul className="legend" aria-label="Legend">
        {BY_ATTENTION.map((shown) => (
          <li key={shown} className={`legend__item legend__item--${shown}`}>
            <span className="legend__swatch">
              <Shape shown={shown} />
            </span>
            {wordOf(shown)}
          </li>
        ))}
        <li className="legend__item legend__item--trend">
          <TrendArrow trend="worse" /> worse
          <TrendArrow trend="better" /> better than 15 min ago
        </li>
      </ul>
      {blind === '' ? null : <p className="footer__blind">{blind}</p>}
      {heard === '' ? null : <p className="footer__heard">{heard}</p>}
    </footer>
  );
}

const MOST_NAMED = 3;

/** "Heard from retired servers: a, b, c and 2 more". */
function heardText(state: WallState): string {
  const servers = state.pulse.heartbeat?.heard_retired ?? [];
  if (servers.length === 0) return '';
  const more = servers.length > MOST_NAMED ? ` and ${String(servers.length - MOST_NAMED)} more` : '';
  const noun = servers.length === 1 ? 'a retired server' : 'retired servers';
  return `Heard from ${noun}: ${servers.slice(0, MOST_NAMED).join(', ')}${more}`;
}

/** "Blind 13:58–14:05 CET: trap socket closed, 12 traps lost (and 2 times before)". */
function blindText(state: WallState): string {
  const intervals = state.pulse.heartbeat?.blind ?? [];
  const last = intervals[intervals.length - 1];
  if (last === undefined) return '';
  const from = zonedTime(Date.parse(last.from_at), timeZoneOf(state));
  const to = zonedTime(Date.parse(last.to_at), timeZoneOf(state));
  const today = zonedTime(state.now, timeZoneOf(state)).date;
  const day = from.date === today ? '' : `${from.date} `;
  const until = from.clock === to.clock ? '' : `–${to.clock}`;
  const lost = last.lost ? `, ${String(last.lost)} traps lost` : '';
  const before = intervals.length === 1 ? '' : ` (and ${String(intervals.length - 1)} before)`;
  return `Blind ${day}${from.clock}${until} ${from.zone}: ${last.reason}${lost}${before}`;
}
