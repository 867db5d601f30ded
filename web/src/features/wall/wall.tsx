/** The wall, in every state it can be in. */
import type { JSX } from 'react';
import { useCallback, useState } from 'react';
import type { WallState, WallStore } from '../../core/wall-store';
import { useSelected } from '../../ui/use-selected';
import { Announcer } from './announcer';
import { Connecting } from './connecting';
import type { ReadServer } from './detail-panel';
import { DetailPanel } from './detail-panel';
import { EmptySite } from './empty-site';
import { FailedSnapshot } from './failed-snapshot';
import { WallFooter } from './wall-footer';
import { WallHeader } from './wall-header';
import { freshnessOf } from './wall-selectors';
import { WallTable } from './wall-table';

interface WallProps {
  readonly store: WallStore;
  readonly readServer: ReadServer;
  readonly isKiosk: boolean;
}

export function Wall({ store, readServer, isKiosk }: WallProps): JSX.Element {
  const scene = useSelected(store, sceneOf);
  const level = useSelected(store, (state) => freshnessOf(state).level);
  const [opened, setOpened] = useState<string | null>(null);
  const close = useCallback(() => {
    setOpened(null);
  }, []);
  if (scene === 'connecting') return <Connecting store={store} />;
  if (scene === 'failed-snapshot') return <FailedSnapshot store={store} />;
  return (
    <div className={`wall wall--${level}${isKiosk ? ' wall--kiosk' : ''}`}>
      <WallHeader store={store} />
      <div className="wall__body">
        {scene === 'empty' ? <EmptySite /> : <WallTable store={store} onOpen={isKiosk ? null : setOpened} />}
        {opened === null ? null : (
          <DetailPanel key={opened} store={store} server={opened} readServer={readServer} onClose={close} />
        )}
      </div>
      <WallFooter store={store} />
      <Announcer store={store} />
    </div>
  );
}

/** Once there is a grid it stays on the glass: how much it can be believed is said beside it. */
function sceneOf({ grid, connection }: WallState): 'connecting' | 'failed-snapshot' | 'empty' | 'table' {
  if (grid.grid !== null) return grid.grid.cells.size === 0 ? 'empty' : 'table';
  return connection.refusals > 0 && connection.link !== null ? 'failed-snapshot' : 'connecting';
}
