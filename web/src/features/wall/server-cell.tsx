/** One server: shape, colour and word; what is wrong, since when, and whether it gets worse. */
import type { JSX, KeyboardEvent } from 'react';
import { memo } from 'react';
import type { WholeCell } from '../../protocol/decode';
import { shownOf, wordOf } from '../../core/severity';
import type { WallStore } from '../../core/wall-store';
import { ageText } from '../../core/wall-time';
import { serverNow } from './wall-selectors';
import { Shape } from '../../ui/shape';
import { TrendArrow, trendWord } from '../../ui/trend-arrow';
import { useSelected } from '../../ui/use-selected';

interface ServerCellProps {
  readonly store: WallStore;
  readonly server: string;
  /** Null on a kiosk: nothing there answers to anybody. */
  readonly onOpen: ((server: string) => void) | null;
}

export const ServerCell = memo(function ServerCell({ store, server, onOpen }: ServerCellProps): JSX.Element | null {
  const cell = useSelected(store, ({ grid }) => grid.grid?.cells.get(server));
  const age = useSelected(store, (state) => {
    const since = state.grid.grid?.cells.get(server)?.since ?? null;
    return since === null ? '' : ageText(Date.parse(since), serverNow(state));
  });
  if (cell === undefined) return null;
  const shown = shownOf(cell.severity);
  const isQuiet = shown === 'cleared';
  const interaction =
    onOpen === null
      ? { role: 'group' }
      : {
          role: 'button',
          tabIndex: 0,
          onClick: () => {
            onOpen(server);
          },
          onKeyDown: (event: KeyboardEvent) => {
            if (event.key !== 'Enter' && event.key !== ' ' && event.key !== 'Spacebar') return;
            event.preventDefault();
            onOpen(server);
          },
        };
  return (
    <div
      className={`cell cell--${shown}${cell.acknowledgement === null ? '' : ' cell--acknowledged'}`}
      data-server={server}
      data-severity={shown}
      data-trend={cell.trend}
      aria-label={labelOf(cell, age)}
      {...interaction}
    >
      <div className="cell__head">
        <Shape shown={shown} />
        <span className="cell__name">{server}</span>
      </div>
      <div className="cell__state">
        <span className="cell__word">{wordOf(shown)}</span>
        {age === '' ? null : <span className="cell__age">{age}</span>}
        <TrendArrow trend={cell.trend} />
        {cell.is_test ? <span className="tag">Test</span> : null}
        {cell.acknowledgement === null ? null : <span className="tag">Ack</span>}
        {isQuiet || cell.message === '' ? null : <span className="cell__message">{cell.message}</span>}
      </div>
    </div>
  );
});

function labelOf(cell: WholeCell, age: string): string {
  const parts = [`${cell.server}: ${wordOf(shownOf(cell.severity))}`];
  if (age !== '') parts.push(age === 'now' ? 'since just now' : `for ${age}`);
  if (cell.trend !== 'same') parts.push(trendWord(cell.trend));
  if (cell.message !== '') parts.push(cell.message);
  if (cell.acknowledgement !== null) parts.push(`acknowledged by ${cell.acknowledgement.operator}`);
  if (cell.is_test) parts.push('test');
  return parts.join(', ');
}
