/**
 * The one place where the page's state lives, outside React. Whoever draws subscribes to what it draws.
 *
 * However many frames arrive between two pictures, listeners are called once for them: `schedule` is
 * requestAnimationFrame in a page that is seen.
 */
import type { Connection, TransportChoice } from './connection-machine';
import { initialConnection } from './connection-machine';
import type { Pulse } from './freshness';
import { NO_PULSE } from './freshness';
import type { GridState } from './grid-reducer';
import { NO_GRID } from './grid-reducer';

/** `now` is the page's clock in milliseconds since 1970; it moves on at least once a second. */
export interface WallState {
  readonly connection: Connection;
  readonly grid: GridState;
  readonly pulse: Pulse;
  readonly now: number;
}

export class WallStore {
  private state: WallState;
  private listeners: (() => void)[] = [];
  private isScheduled = false;

  constructor(
    choice: TransportChoice,
    now: number,
    private readonly schedule: (flush: () => void) => void,
  ) {
    this.state = { connection: initialConnection(choice), grid: NO_GRID, pulse: NO_PULSE, now };
  }

  readonly read = (): WallState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  };

  write(change: Partial<WallState>): void {
    this.state = { ...this.state, ...change };
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.schedule(() => {
      this.isScheduled = false;
      for (const listener of this.listeners) listener();
    });
  }
}
