/** Always on screen: whether the wall is connected, over which transport, and how old its data is. */
import type { JSX } from 'react';
import type { Connection } from '../../core/connection-machine';
import type { WallState, WallStore } from '../../core/wall-store';
import { clockText, secondsText } from '../../core/wall-time';
import { useSelected } from '../../ui/use-selected';
import { freshnessOf, retryText, serverNow, timeZoneOf } from './wall-selectors';

const TRANSPORTS = { websocket: 'WebSocket', longpoll: 'long-poll' } as const;

const PHASES: Readonly<Record<Connection['phase'], string>> = {
  idle: 'Connecting',
  opening: 'Connecting',
  subscribing: 'Connecting',
  waiting: 'Disconnected',
  loading: 'Reading the wall',
  refused: 'Wall not available',
  settling: 'Catching up',
  live: 'Live',
};

export function ConnectionStatus({ store }: { readonly store: WallStore }): JSX.Element {
  const level = useSelected(store, (state) => freshnessOf(state).level);
  const connection = useSelected(store, connectionText);
  const age = useSelected(store, ageLine);
  const clock = useSelected(store, (state) =>
    state.grid.grid === null ? '' : clockText(serverNow(state), timeZoneOf(state)),
  );
  const isLive = useSelected(store, ({ connection: { phase } }) => phase === 'live');
  const tone = isLive ? level : 'late';
  return (
    <div className="status">
      <div className={`status__lines status__lines--${tone}`}>
        <div className="status__connection">
          <span className="status__dot" aria-hidden="true" />
          {connection}
        </div>
        <div className="status__age">{age}</div>
      </div>
      <div className="status__clock">{clock}</div>
    </div>
  );
}

function connectionText(state: WallState): string {
  const { connection } = state;
  const { phase, link } = connection;
  const transport = link === null ? '' : ` · ${TRANSPORTS[link.transport]}`;
  const isLate = phase === 'live' && freshnessOf(state).level !== 'live';
  const retry = retryText(state);
  return `${isLate ? 'Connected' : PHASES[phase]}${transport}${retry === '' ? '' : ` · ${retry.toLowerCase()}`}`;
}

function ageLine(state: WallState): string {
  const { level, why, dataAgeS } = freshnessOf(state);
  if (state.grid.grid === null) return '';
  if (level !== 'live' && why !== '') return why;
  return dataAgeS === null ? 'Data age not yet known' : `Data ${secondsText(dataAgeS)} old`;
}
