/** For people who listen: what changed, gathered for some seconds, so that a storm is one sentence. */
import type { JSX } from 'react';
import { useEffect, useRef, useState } from 'react';
import { changesText } from '../../core/selectors';
import type { Grid } from '../../core/grid-reducer';
import type { WallStore } from '../../core/wall-store';

const GATHER_MS = 5_000;
const MOST_TOLD = 4;

export function Announcer({ store }: { readonly store: WallStore }): JSX.Element {
  const told = useRef<Grid | null>(store.read().grid.grid);
  const [text, setText] = useState('');
  useEffect(() => {
    const timer = window.setInterval(() => {
      const { grid } = store.read().grid;
      if (grid !== null && told.current !== null) {
        const changes = changesText(told.current, grid, MOST_TOLD);
        if (changes !== '') setText(changes);
      }
      told.current = grid;
    }, GATHER_MS);
    return () => {
      window.clearInterval(timer);
    };
  }, [store]);
  return (
    <div className="only-heard" role="status" aria-live="polite">
      {text}
    </div>
  );
}
