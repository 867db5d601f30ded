/**
 * Keeps the store's grid equal to the node's: does what the connection machine says, tells it what came of it.
 *
 * The order of law 4 is the machine's: subscribe, then load the snapshot's pages, then live. Events go to the grid
 * from the moment of the subscription on; the grid itself holds back what it cannot apply yet.
 */
import type { Clock } from '../core/clock';
import type { ConnectionEvent, Effect, Link } from '../core/connection-machine';
import { dueAt, step } from '../core/connection-machine';
import type { GridEvent } from '../core/grid-reducer';
import { isExpected, isInSync, nextPage, reduceGrid } from '../core/grid-reducer';
import type { WallStore } from '../core/wall-store';
import type { WholeDetail } from '../protocol/decode';
import { DecodeError, decodeDetail, decodeFrame, decodeHeartbeat, decodePage } from '../protocol/decode';
import { ERROR_SNAPSHOT_EXPIRED, GRID_CHANGED, GRID_GET, HEARTBEAT, TARGET_GET } from '../protocol/uris.gen';
import type { Refusal } from './session';
import { Session } from './session';
import type { OpenTransport, Transport } from './transport';

const SECOND_MS = 1_000;
/** Three heartbeats missed: ask, before the wall has to say at five that it is not live. */
const HEARTBEATS_OF_SILENCE = 3;

interface Open {
  readonly transport: Transport;
  readonly session: Session;
}

export interface DetailAnswer {
  readonly done: (detail: WholeDetail) => void;
  readonly failed: (sentence: string) => void;
}

export class GridFeed {
  private readonly open: Record<number, Open | undefined> = {};
  private timer = 0;

  constructor(
    private readonly store: WallStore,
    private readonly openTransport: OpenTransport,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  start(): void {
    this.dispatch({ type: 'start' });
  }

  /** Leaves the node without waiting for an answer: the page is going away. */
  stop(): void {
    window.clearTimeout(this.timer);
    for (const id of Object.keys(this.open)) this.close(Number(id));
  }

  /** What is behind a cell. Fails with a sentence while there is no connection. */
  readonly readServer = (server: string, answer: DetailAnswer): void => {
    const { link } = this.store.read().connection;
    const session = link === null ? undefined : this.open[link.id]?.session;
    if (session === undefined) {
      answer.failed('There is no connection to the node.');
      return;
    }
    session.call(TARGET_GET, [server], {
      done: (record) => {
        this.readable(answer.failed, () => {
          answer.done(decodeDetail(record));
        });
      },
      refused: ({ sentence }) => {
        answer.failed(sentence);
      },
    });
  };

  private dispatch(event: ConnectionEvent): void {
    const now = this.clock();
    const { state, effects } = step(this.store.read().connection, event, { now, random: this.random() });
    this.store.write({ connection: state, now });
    for (const effect of effects) this.carryOut(effect);
    this.schedule();
  }

  private carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'open':
        this.connect(effect.link);
        return;
      case 'close':
        this.close(effect.id);
        return;
      case 'subscribe':
        this.subscribe(effect.id);
        return;
      case 'load':
        this.load(effect.id, effect.page);
    }
  }

  /** One timer: for what the machine waits for, and at least each second for the ages on the glass. */
  private schedule(): void {
    window.clearTimeout(this.timer);
    const now = this.clock();
    const due = dueAt(this.store.read().connection) ?? now + SECOND_MS;
    const pause = Math.max(0, Math.min(due - now, SECOND_MS - (now % SECOND_MS)));
    this.timer = window.setTimeout(() => {
      this.dispatch({ type: 'tick' });
    }, Math.ceil(pause));
  }

  private connect({ id, transport: kind }: Link): void {
    const lost = (why: string): void => {
      this.dispatch({ type: 'lost', id, why });
    };
    try {
      const transport = this.openTransport(kind, {
        opened: () => this.open[id]?.session.join(),
        received: (message) => this.open[id]?.session.receive(message),
        closed: lost,
      });
      const session = new Session(transport, {
        welcomed: () => {
          this.dispatch({ type: 'welcomed', id });
        },
        ended: lost,
      });
      this.open[id] = { transport, session };
    } catch (error) {
      // A browser without WebSocket, or a policy that forbids it, throws at once; the machine waits for an event.
      const why = error instanceof Error ? error.message : String(error);
      window.setTimeout(lost, 0, `${kind} cannot be opened: ${why}`);
    }
  }

  private close(id: number): void {
    this.open[id]?.transport.close();
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- ids are numbers that the machine counted
    delete this.open[id];
  }

  private subscribe(id: number): void {
    const session = this.open[id]?.session;
    const refused = ({ sentence }: Refusal): void => {
      this.dispatch({ type: 'lost', id, why: sentence });
    };
    const onFrame = (record: unknown): void => {
      this.readable(this.breakOff(id), () => {
        this.hear(id, { type: 'frame', frame: decodeFrame(record) });
      });
    };
    const onHeartbeat = (record: unknown): void => {
      this.readable(this.breakOff(id), () => {
        const heartbeat = decodeHeartbeat(record);
        const { pulse } = this.store.read();
        const heardAt = this.clock();
        const isSameRun = pulse.heartbeat?.epoch === heartbeat.epoch;
        const firstHeardAt = isSameRun ? pulse.firstHeardAt : heardAt;
        this.store.write({ pulse: { ...pulse, heartbeat, heardAt, firstHeardAt } });
        this.hear(id, { type: 'heartbeat', position: heartbeat });
      });
    };
    const subscribed = (): void => {
      this.dispatch({ type: 'subscribed', id });
    };
    session?.subscribe(GRID_CHANGED, onFrame, {
      done: () => {
        session.subscribe(HEARTBEAT, onHeartbeat, { done: subscribed, refused });
      },
      refused,
    });
  }

  /** A frame or a heartbeat came: whether the grid is whole after it decides what the machine does. */
  private hear(id: number, event: GridEvent): void {
    const grid = reduceGrid(this.store.read().grid, event);
    this.store.write({ grid });
    if (!isInSync(grid)) {
      this.dispatch({ type: 'out-of-sync', id, why: 'changes were missed' });
      return;
    }
    if (event.type === 'heartbeat') this.verify();
    this.dispatch({ type: 'in-sync', id, silenceMs: this.silenceMs() });
  }

  private verify(): void {
    this.store.write({ pulse: { ...this.store.read().pulse, verifiedAt: this.clock() } });
  }

  private silenceMs(): number {
    return HEARTBEATS_OF_SILENCE * SECOND_MS * (this.store.read().grid.grid?.heartbeatIntervalS ?? 1);
  }

  private load(id: number, page: number): void {
    if (page === 0) this.store.write({ grid: reduceGrid(this.store.read().grid, { type: 'snapshot-started' }) });
    const first = this.store.read().grid.pages[0];
    const args = first === undefined ? [0] : [page, first.epoch, first.frame];
    this.open[id]?.session.call(GRID_GET, args, {
      done: (record) => {
        this.readable(this.breakOff(id), () => {
          this.takePage(id, record);
        });
      },
      refused: ({ uri, sentence }) => {
        const why = uri === ERROR_SNAPSHOT_EXPIRED ? 'the snapshot expired while it was read' : sentenceFor(uri, sentence);
        this.dispatch({ type: 'snapshot-refused', id, why });
      },
    });
  }

  private takePage(id: number, record: unknown): void {
    const before = this.store.read().grid;
    const page = decodePage(record);
    if (!isExpected(before, page)) {
      this.dispatch({ type: 'snapshot-refused', id, why: 'the snapshot changed while it was read' });
      return;
    }
    const grid = reduceGrid(before, { type: 'page', page });
    this.store.write({ grid });
    if (nextPage(grid) > 0) {
      this.dispatch({ type: 'page-taken', id, next: nextPage(grid) });
      return;
    }
    const inSync = isInSync(grid);
    // From then on only heartbeats count: a publisher that answers calls and publishes nothing is not live.
    if (inSync && this.store.read().pulse.verifiedAt === null) this.verify();
    this.dispatch({ type: 'snapshot-taken', id, isInSync: inSync, silenceMs: this.silenceMs() });
  }

  /** What cannot be read ends the link: going on would leave the grid silently wrong. */
  private breakOff(id: number): (why: string) => void {
    return (why) => {
      this.dispatch({ type: 'lost', id, why });
    };
  }

  private readable(unreadable: (sentence: string) => void, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      unreadable(error.message);
    }
  }
}

/** The router's own words for a publisher that is not there are not for people. */
function sentenceFor(uri: string, sentence: string): string {
  return uri === 'wamp.error.no_such_procedure' ? 'the node is still reading the state of the servers' : sentence;
}
