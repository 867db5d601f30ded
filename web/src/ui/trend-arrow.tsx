/** Now against 15 minutes ago. "Same" shows nothing: a wall is quiet about what has not changed. */
import type { JSX } from 'react';
import type { Trend } from '../protocol/types.gen';

const ARROWS: Readonly<Record<Trend, { path: string; word: string } | null>> = {
  worse: { path: 'M12 3l8 9h-5v9H9v-9H4z', word: 'worse than 15 min ago' },
  better: { path: 'M12 21l-8-9h5V3h6v9h5z', word: 'better than 15 min ago' },
  same: null,
};

export function trendWord(trend: Trend): string {
  return ARROWS[trend]?.word ?? '';
}

export function TrendArrow({ trend }: { readonly trend: Trend }): JSX.Element | null {
  const arrow = ARROWS[trend];
  if (arrow === null) return null;
  return (
    <svg className={`trend trend--${trend}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={arrow.path} />
    </svg>
  );
}
