import type { JSX, ReactNode } from 'react';

interface NoticeProps {
  readonly title: string;
  readonly tone: 'quiet' | 'late';
  readonly children: ReactNode;
}

/** A sentence in the middle of the screen, when there is nothing else to show. */
export function Notice({ title, tone, children }: NoticeProps): JSX.Element {
  return (
    <div className={`notice notice--${tone}`} role="status">
      <div className="notice__box">
        <h1 className="notice__title">{title}</h1>
        {children}
      </div>
    </div>
  );
}
