/** Which site, how many need attention; or, when the wall is not live, nothing but that. */
import type { JSX } from 'react';
import { summaryOf, summaryText } from '../../core/selectors';
import { BY_ATTENTION, needsAttention, wordOf } from '../../core/severity';
import type { WallState, WallStore } from '../../core/wall-store';
import { instantText } from '../../core/wall-time';
import { Shape } from '../../ui/shape';
import { useSelected } from '../../ui/use-selected';
import { ConnectionStatus } from './connection-status';
import { freshnessOf, timeZoneOf } from './wall-selectors';

export function WallHeader({ store }: { readonly store: WallStore }): JSX.Element {
  const site = useSelected(store, ({ grid }) => grid.grid?.site ?? 'Trapline');
  const notLive = useSelected(store, notLiveText);
  const isLate = useSelected(store, (state) => freshnessOf(state).level === 'late');
  return (
    <header className={`header${notLive === '' ? '' : ' header--not-live'}${isLate ? ' header--late' : ''}`}>
      <div className="header__titles">
        <h1 className="header__site">{site}</h1>
        {notLive === '' ? (
          <Headline store={store} />
        ) : (
          <p className="header__headline" role="alert">
            {notLive}
          </p>
        )}
      </div>
      {notLive === '' ? <Counts store={store} /> : <p className="header__why">What you see is how it was then.</p>}
      <ConnectionStatus store={store} />
    </header>
  );
}

function notLiveText(state: WallState): string {
  const { level, since, serverNow } = freshnessOf(state);
  return level === 'not-live' ? `NOT LIVE since ${instantText(since, serverNow, timeZoneOf(state))}` : '';
}

function Headline({ store }: { readonly store: WallStore }): JSX.Element {
  const grid = useSelected(store, (state) => state.grid.grid);
  const summary = grid === null ? null : summaryOf(grid);
  const tone = summary === null || summary.total === 0 ? 'none' : summary.attention > 0 ? 'attention' : 'healthy';
  return (
    <p className={`header__headline header__headline--${tone}`}>
      {summary === null || summary.total === 0 ? 'No servers yet' : summaryText(summary)}
    </p>
  );
}

/** How many of which severity; nothing for what there is none of. */
function Counts({ store }: { readonly store: WallStore }): JSX.Element {
  const grid = useSelected(store, (state) => state.grid.grid);
  const { counts = null, maintenance = 0 } = grid === null ? {} : summaryOf(grid);
  const present = BY_ATTENTION.filter((shown) => (needsAttention(shown) || shown === 'unknown') && counts?.[shown]);
  return (
    <ul className="counts" aria-label="Servers by severity">
      {present.map((shown) => (
        <li key={shown} className={`counts__item counts__item--${shown}`}>
          <Shape shown={shown} />
          <span className="counts__number">{counts?.[shown]}</span>
          <span className="counts__word">{wordOf(shown)}</span>
        </li>
      ))}
      {maintenance === 0 ? null : (
        <li className="counts__item">
          <span className="counts__number">{maintenance}</span>
          <span className="counts__word">Planned work</span>
        </li>
      )}
    </ul>
  );
}
