/** Puts the page together: the address says how, the store holds what, the feed keeps it true, React draws it. */
import { render, unstable_batchedUpdates } from 'react-dom';
import { steadyClock } from './core/clock';
import type { TransportChoice } from './core/connection-machine';
import { WallStore } from './core/wall-store';
import { titleOf } from './core/selectors';
import { freshnessOf } from './features/wall/wall-selectors';
import { Wall } from './features/wall/wall';
import { GridFeed } from './wamp/grid-feed';
import { openLongPoll } from './wamp/long-poll';
import { openWebSocket } from './wamp/websocket';
import './main.css';

const HIDDEN_FLUSH_MS = 250;

function choiceIn(search: string): TransportChoice {
  const choice = /[?&]transport=(websocket|longpoll)(?:&|$)/.exec(search)?.[1];
  return (choice as TransportChoice | undefined) ?? 'automatic';
}

/** A page that is not seen gets no animation frames, but its title is. */
function schedule(flush: () => void): void {
  const batched = (): void => {
    unstable_batchedUpdates(flush);
  };
  if (document.hidden) window.setTimeout(batched, HIDDEN_FLUSH_MS);
  else window.requestAnimationFrame(batched);
}

/** Beside the page, whatever path prefix it is served under. */
const base = location.pathname.replace(/[^/]*$/, '');
const webSocketUrl = `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}${base}ws`;
const isKiosk = location.pathname.endsWith('/kiosk');

const clock = steadyClock(
  () => Date.now(),
  () => performance.now(),
);
const store = new WallStore(choiceIn(location.search), clock(), schedule);
const feed = new GridFeed(
  store,
  (kind, listener) => (kind === 'websocket' ? openWebSocket(webSocketUrl, listener) : openLongPoll(`${base}lp`, listener)),
  clock,
  () => Math.random(),
);

/** What programs can read off the page: tests, and scripts that watch the screens. */
function describe(): void {
  const state = store.read();
  const { grid } = state.grid;
  const { level } = freshnessOf(state);
  const root = document.documentElement;
  root.setAttribute('data-connection', state.connection.phase);
  root.setAttribute('data-transport', state.connection.link?.transport ?? '');
  root.setAttribute('data-freshness', level);
  root.setAttribute('data-epoch', grid?.epoch ?? '');
  root.setAttribute('data-frame', grid === null ? '' : String(grid.frame));
  document.title = grid === null ? 'Trapline' : titleOf(grid, level !== 'not-live');
}

store.subscribe(describe);
if (isKiosk) document.documentElement.className += ' kiosk';
render(<Wall store={store} readServer={feed.readServer} isKiosk={isKiosk} />, document.getElementById('root'));
window.addEventListener('beforeunload', () => {
  feed.stop();
});
feed.start();
