/** Tiers as rows, server types as columns. What does not change its place is not drawn again. */
import type { CSSProperties, JSX } from 'react';
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import type { Row, Table } from '../../core/selectors';
import { tableOf } from '../../core/selectors';
import type { Area, WallLayout } from '../../core/wall-layout';
import { layOut } from '../../core/wall-layout';
import type { WallStore } from '../../core/wall-store';
import { useSelected } from '../../ui/use-selected';
import { ServerCell } from './server-cell';
import { placesIn } from './wall-selectors';

interface WallTableProps {
  readonly store: WallStore;
  readonly onOpen: ((server: string) => void) | null;
}

/** Below this width columns would be slivers: tiers stack, and their servers flow. */
const NARROW_PX = 760;
const TIER_LABEL = 0.1;
const COLUMN_HEADS_PX = 34;

export function WallTable({ store, onOpen }: WallTableProps): JSX.Element {
  const table = useTable(store);
  const box = useRef<HTMLDivElement>(null);
  const area = useArea(box);
  const isNarrow = area.width < NARROW_PX;
  const layout = useMemo(
    () => layOut(table, { width: area.width * (1 - TIER_LABEL), height: area.height - COLUMN_HEADS_PX }),
    [table, area],
  );
  const size = layout.textPx < 14 ? 'small' : 'large';
  return (
    <main
      ref={box}
      className={`table table--${isNarrow ? 'narrow' : 'wide'} table--${size} table--${linesOf(layout)}`}
      style={{ fontSize: `${layout.textPx.toFixed(1)}px` }}
    >
      {isNarrow ? null : <ColumnHeads table={table} layout={layout} />}
      {table.rows.map((row, index) => (
        <TierRow
          key={row.tier.id}
          store={store}
          row={row}
          table={table}
          weight={layout.rowWeights[index] ?? 1}
          columnWeights={isNarrow ? null : layout.columnWeights}
          onOpen={onOpen}
        />
      ))}
    </main>
  );
}

function ColumnHeads({ table, layout }: { readonly table: Table; readonly layout: WallLayout }): JSX.Element {
  return (
    <div className="heads" aria-hidden="true">
      <div className="heads__corner" style={{ width: `${String(TIER_LABEL * 100)}%` }} />
      {table.serverTypes.map(({ id, label }, index) => (
        <div key={id} className="heads__type" style={columnStyle(layout.columnWeights, index)}>
          {label}
        </div>
      ))}
    </div>
  );
}

interface TierRowProps extends WallTableProps {
  readonly row: Row;
  readonly table: Table;
  readonly weight: number;
  readonly columnWeights: readonly number[] | null;
}

const TierRow = memo(function TierRow({ store, row, table, weight, columnWeights, onOpen }: TierRowProps): JSX.Element {
  const { tier, columns } = row;
  const style: CSSProperties = columnWeights === null ? {} : { flex: `${String(weight)} 1 0%` };
  return (
    <section className="tier" style={style} aria-label={tier.label}>
      <h2 className="tier__label" style={columnWeights === null ? {} : { width: `${String(TIER_LABEL * 100)}%` }}>
        {tier.label}
      </h2>
      {columns.map((servers, index) => {
        const type = table.serverTypes[index];
        const perLine = columnWeights?.[index] ?? 1;
        const cellStyle = columnWeights === null ? {} : { width: `${(100 / perLine).toFixed(3)}%` };
        return (
          <div
            key={type?.id}
            className="tier__column"
            role="group"
            aria-label={type?.label}
            style={columnWeights === null ? {} : columnStyle(columnWeights, index)}
          >
            {servers.map((server) => (
              <div key={server} className="slot" style={cellStyle}>
                <ServerCell store={store} server={server} onOpen={onOpen} />
              </div>
            ))}
          </div>
        );
      })}
    </section>
  );
});

function columnStyle(weights: readonly number[], index: number): CSSProperties {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { width: `${(((weights[index] ?? 1) / total) * (1 - TIER_LABEL) * 100).toFixed(3)}%` };
}

/** How many lines of text a tile has room for: labels drop out before they are cut. */
function linesOf({ tile, textPx }: WallLayout): string {
  return tile.height >= 3.5 * textPx + 12 ? 'three-lines' : 'two-lines';
}

function useTable(store: WallStore): Table {
  const places = useSelected(store, placesIn);
  const tiers = useSelected(store, ({ grid }) => grid.grid?.tiers);
  return useMemo(() => {
    const { grid } = store.read().grid;
    return grid === null ? { serverTypes: [], rows: [] } : tableOf(grid);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- these two are the part of the grid that moves a cell
  }, [store, places, tiers]);
}

function useArea(box: React.RefObject<HTMLElement>): Area {
  const [area, setArea] = useState<Area>({ width: window.innerWidth, height: window.innerHeight * 0.85 });
  useEffect(() => {
    const measure = (): void => {
      const element = box.current;
      if (element === null) return;
      // The height is the window's rest, not the content's: a wall that is too full must not measure itself larger.
      const footer = 40;
      setArea({ width: element.clientWidth, height: window.innerHeight - element.offsetTop - footer });
    };
    measure();
    window.addEventListener('resize', measure);
    return () => {
      window.removeEventListener('resize', measure);
    };
  }, [box]);
  return area;
}
