/** A severity as a shape: told apart without colour, and from afar. The word stands beside it, so it is hidden from readers. */
import type { JSX } from 'react';
import type { Shown } from '../core/severity';

const BANG = 'M11 6.2h2l-.3 7h-1.4zM11 15h2v2h-2z';

/** In a box of 24 × 24. `mark` is cut out of `body` in the tile's colour. */
const SHAPES: Readonly<Record<Shown, { body: string; mark?: string }>> = {
  critical: { body: 'M12 .8L23.2 12 12 23.2.8 12z', mark: BANG },
  major: { body: 'M12 1.6L23.4 22H.6z', mark: 'M11 8.6h2l-.3 6.6h-1.4zM11 17h2v2h-2z' },
  minor: { body: 'M2.5 2.5h19v19h-19z', mark: BANG },
  warning: { body: 'M12 1.5a10.5 10.5 0 1 0 .01 0z', mark: BANG },
  indeterminate: { body: 'M12 1.5a10.5 10.5 0 1 0 .01 0zM12 4.3a7.7 7.7 0 1 1-.01 0zM6.5 11h11v2.4h-11z' },
  unknown: {
    body: 'M12 2C8.7 2 6.6 4 6.4 7.2h3.1c.1-1.6 1-2.5 2.5-2.5 1.4 0 2.4.9 2.4 2.2 0 1.2-.6 1.9-1.9 2.8-1.6 1.1-2.2 2.2-2.1 4v.9h3v-.7c0-1.2.500-1.8 1.9-2.8 1.6-1.1 2.4-2.5 2.4-4.3C17.7 3.9 15.3 2 12 2zM10.2 17.4h3.4V21h-3.4z',
  },
  cleared: { body: 'M9.4 19.2L2.6 12.4l2-2 4.8 4.8L19.6 5l2 2z' },
};

export function Shape({ shown }: { readonly shown: Shown }): JSX.Element {
  const { body, mark } = SHAPES[shown];
  return (
    <svg className="shape" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path fillRule="evenodd" d={body} />
      {mark === undefined ? null : <path className="shape__mark" d={mark} />}
    </svg>
  );
}
