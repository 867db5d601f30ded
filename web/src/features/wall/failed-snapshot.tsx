import type { JSX } from 'react';
import type { WallStore } from '../../core/wall-store';
import { useSelected } from '../../ui/use-selected';
import { Notice } from '../../ui/notice';
import { retryText } from './wall-selectors';

/** The node answers, but has no wall to give: it says why, and is asked again. */
export function FailedSnapshot({ store }: { readonly store: WallStore }): JSX.Element {
  const why = useSelected(store, ({ connection }) => connection.why);
  const retry = useSelected(store, retryText);
  return (
    <Notice title="The node has no wall to show yet" tone="late">
      <p>{why}</p>
      <p>{retry === '' ? 'Asking again …' : `${retry}.`}</p>
    </Notice>
  );
}
