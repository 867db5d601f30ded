import type { JSX } from 'react';
import type { WallState, WallStore } from '../../core/wall-store';
import { useSelected } from '../../ui/use-selected';
import { Notice } from '../../ui/notice';
import { retryText } from './wall-selectors';

/** Nothing is known yet: says what is being tried, and why it did not work the last time. */
export function Connecting({ store }: { readonly store: WallStore }): JSX.Element {
  const transport = useSelected(store, ({ connection: { link } }) => link?.transport ?? null);
  const why = useSelected(store, whyText);
  const retry = useSelected(store, retryText);
  const hasFailed = useSelected(store, ({ connection }) => connection.failures > 0);
  return (
    <Notice title={hasFailed ? 'Cannot reach the node' : 'Connecting to the node'} tone={hasFailed ? 'late' : 'quiet'}>
      <p>{why}</p>
      <p>{retry === '' ? `Trying ${transport === 'longpoll' ? 'long-poll' : 'WebSocket'} …` : `${retry}.`}</p>
    </Notice>
  );
}

function whyText({ connection: { why } }: WallState): string {
  return why === '' ? '' : `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
}
