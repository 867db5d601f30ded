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
    const shownCell = state.grid.grid?.cells.get(server);
    const since = shownCell?.silent_since ?? shownCell?.since ?? null;
    return since === null ? '' : ageText(Date.parse(since), serverNow(state));
  });
  if (cell === undefined) return null;
  const shown = shownOf(cell);
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
      className={`cell cell--${shown}${isTakenOn(cell) ? ' cell--acknowledged' : ''}${cell.maintenance === null ? '' : ' cell--maintenance'}`}
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
        <span className="cell__word">{stateWord(cell)}</span>
        {age === '' ? null : <span className="cell__age">{age}</span>}
        {cell.maintenance === null ? <TrendArrow trend={cell.trend} /> : null}
        {tagsOf(cell).map((tag) => (
          <span key={tag} className="tag">
            {tag}
          </span>
        ))}
        {isQuiet || cell.message === '' ? null : <span className="cell__message">{cell.message}</span>}
      </div>
    </div>
  );
});

/** A silent server is unknown, and says why. */
function stateWord(cell: WholeCell): string {
  return cell.silent_since === null ? wordOf(shownOf(cell)) : 'Silent';
}

function isTakenOn(cell: WholeCell): boolean {
  return cell.acknowledgement !== null || cell.is_acknowledged_in_oem;
}

function tagsOf(cell: WholeCell): string[] {
  const tags: string[] = [];
  if (cell.maintenance !== null) tags.push('Planned');
  if (cell.is_flapping) tags.push('Flapping');
  if (cell.is_test) tags.push('Test');
  if (isTakenOn(cell)) tags.push('Ack');
  return tags;
}

function labelOf(cell: WholeCell, age: string): string {
  const parts = [`${cell.server}: ${stateWord(cell)}`];
  if (age !== '') parts.push(age === 'now' ? 'since just now' : `for ${age}`);
  if (cell.trend !== 'same') parts.push(trendWord(cell.trend));
  if (cell.message !== '') parts.push(cell.message);
  if (cell.acknowledgement !== null) parts.push(`acknowledged by ${cell.acknowledgement.operator}`);
  if (cell.is_acknowledged_in_oem) parts.push('acknowledged in Enterprise Manager');
  if (cell.maintenance !== null) parts.push(`planned work by ${cell.maintenance.by}`);
  if (cell.is_flapping) parts.push('flapping');
  if (cell.is_test) parts.push('test');
  return parts.join(', ');
}
