/** Tiers as rows, server types as columns. What does not change its place is not drawn again. */
import type { CSSProperties, JSX } from 'react';
import { memo, useLayoutEffect, useMemo, useRef, useState } from 'react';
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
/** From this width on a tile has room for the beginning of its message. */
const ROOMY_EM = 14;

export function WallTable({ store, onOpen }: WallTableProps): JSX.Element {
  const table = useTable(store);
  const box = useRef<HTMLDivElement>(null);
  const area = useArea(box);
  const isNarrow = area.width < NARROW_PX;
  const layout = useMemo(
    () => layOut(table, { width: area.width * (1 - TIER_LABEL), height: area.height }),
    [table, area],
  );
  return (
    <main className={`table table--${isNarrow ? 'narrow' : 'wide'} table--${linesOf(layout)}`}>
      {isNarrow ? null : <ColumnHeads table={table} layout={layout} />}
      <div ref={box} className="tiers" style={isNarrow ? {} : { fontSize: `${layout.textPx.toFixed(1)}px` }}>
      {table.rows.map((row, index) => (
        <TierRow
          key={row.tier.id}
          store={store}
          row={row}
          table={table}
          index={index}
          layout={isNarrow ? null : layout}
          onOpen={onOpen}
        />
      ))}
      </div>
    </main>
  );
}

function ColumnHeads({ table, layout }: { readonly table: Table; readonly layout: WallLayout }): JSX.Element {
  return (
    <div className="heads" aria-hidden="true">
      <div className="heads__corner" style={{ width: `${String(TIER_LABEL * 100)}%` }} />
      {table.serverTypes.map(({ id, label }, index) => (
        <div key={id} className="heads__type" style={columnStyle(layout, index)}>
          {label}
        </div>
      ))}
    </div>
  );
}

interface TierRowProps extends WallTableProps {
  readonly row: Row;
  readonly table: Table;
  readonly index: number;
  /** Null where the screen is too narrow for a table. */
  readonly layout: WallLayout | null;
}

const TierRow = memo(function TierRow({ store, row, table, index, layout, onOpen }: TierRowProps): JSX.Element {
  const { tier, columns } = row;
  const { lines, perLine, tileEm } = layout?.rows[index] ?? { lines: 1, perLine: [], tileEm: [] };
  const rowStyle = { flex: `${String(lines)} 0 0%`, minHeight: `${(lines * 2.9).toFixed(1)}em` };
  return (
    <section className="tier" style={layout === null ? {} : rowStyle} aria-label={tier.label}>
      <h2 className="tier__label" style={layout === null ? {} : { width: `${String(TIER_LABEL * 100)}%` }}>
        {tier.label}
      </h2>
      {columns.map((servers, column) => {
        const type = table.serverTypes[column];
        return (
          <div
            key={type?.id}
            className="tier__column"
            role="group"
            aria-label={type?.label}
            style={layout === null ? {} : columnStyle(layout, column)}
          >
            {servers.map((server) => (
              <div
                key={server}
                className={`slot${(tileEm[column] ?? 0) < ROOMY_EM ? '' : ' slot--roomy'}`}
                style={layout === null ? {} : { width: `${(100 / (perLine[column] ?? 1)).toFixed(3)}%` }}
              >
                <ServerCell store={store} server={server} onOpen={onOpen} />
              </div>
            ))}
          </div>
        );
      })}
    </section>
  );
});

function columnStyle({ columnShares }: WallLayout, column: number): CSSProperties {
  return { width: `${((columnShares[column] ?? 1) * (1 - TIER_LABEL) * 100).toFixed(3)}%` };
}

/** Where a line has room for a third line of text, the message gets it; otherwise it follows the state where that is roomy. */
function linesOf({ linePx, textPx }: WallLayout): string {
  return linePx >= 3.5 * textPx + 13 ? 'three-lines' : 'two-lines';
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

/** The room that is left between header and footer; the rows share it, so they do not change it. */
function useArea(box: React.RefObject<HTMLElement>): Area {
  const [area, setArea] = useState<Area>({ width: window.innerWidth, height: window.innerHeight * 0.85 });
  useLayoutEffect(() => {
    const measure = (): void => {
      const { clientWidth: width = 0, clientHeight: height = 0 } = box.current ?? {};
      setArea((before) => (before.width === width && before.height === height ? before : { width, height }));
    };
    measure();
    window.addEventListener('resize', measure);
    // The header grows with what it has to say; IE 11 notices with the next change of the window only.
    const observer = 'ResizeObserver' in window ? new ResizeObserver(measure) : null;
    if (box.current !== null) observer?.observe(box.current);
    return () => {
      window.removeEventListener('resize', measure);
      observer?.disconnect();
    };
  }, [box]);
  return area;
}
