/**
 * A node without Kafka, for tests of the page alone and for the demo: a publisher with epochs, frames and pages behind
 * a router of WAMP's basic profile. What it sends waits in a connection's `outbox` until somebody delivers it.
 */
import type { WholeCell, WholePage } from '../protocol/decode';
import {
  ERROR_SNAPSHOT_EXPIRED,
  ERROR_UNKNOWN_TARGET,
  GRID_CHANGED,
  GRID_GET,
  HEARTBEAT,
  TARGET_GET,
} from '../protocol/uris.gen';
import type { Message, Transport, TransportListener } from '../wamp/transport';
import { heartbeat } from './builders';

export interface Connection {
  readonly listener: TransportListener;
  readonly subscriptions: Map<string, number>;
  outbox: Message[];
  isOpen: boolean;
}

interface Snapshot {
  readonly epoch: string;
  readonly frame: number;
  readonly cells: readonly WholeCell[];
}

export class FakeNode {
  readonly connections: Connection[] = [];
  /** Every state the publisher ever told of: "epoch/frame" to the cells then. */
  readonly history = new Map<string, ReadonlyMap<string, WholeCell>>();
  canaryAt: string | null = null;
  blind: { from_at: string; to_at: string; reason: string; lost?: number }[] = [];
  refusal: { uri: string; sentence: string } | null = null;
  private cells = new Map<string, WholeCell>();
  private epoch = 'epoch-1';
  private frame = 0;
  private restarts = 1;
  private snapshot: Snapshot | null = null;

  constructor(
    private readonly template: WholePage,
    private readonly now: () => number,
    private readonly pageSize = 1000,
  ) {
    for (const cell of template.cells) this.cells.set(cell.server, cell);
    this.remember();
  }

  get position(): string {
    return `${this.epoch}/${String(this.frame)}`;
  }

  connect(listener: TransportListener): Connection & { readonly transport: Transport } {
    const connection = {
      listener,
      subscriptions: new Map<string, number>(),
      outbox: [] as Message[],
      isOpen: true,
      transport: {
        send: (message: Message) => {
          const copy: unknown = JSON.parse(JSON.stringify(message));
          this.receive(connection, copy as Message);
        },
        close: () => {
          connection.isOpen = false;
        },
      },
    };
    this.connections.push(connection);
    return connection;
  }

  change(cells: readonly WholeCell[], removed: readonly string[] = []): void {
    this.frame += 1;
    this.cells = new Map(this.cells);
    for (const cell of cells) this.cells.set(cell.server, cell);
    for (const server of removed) this.cells.delete(server);
    this.remember();
    this.publish(GRID_CHANGED, { epoch: this.epoch, frame: this.frame, cells, removed });
  }

  beat(): void {
    const { epoch, frame, canaryAt: canary_at, blind } = this;
    const sent_at = new Date(this.now()).toISOString();
    this.publish(HEARTBEAT, heartbeat({ epoch, frame, sent_at, canary_at, blind }));
  }

  /** A new run of the publisher: another epoch, frames from 0, no snapshot that anybody could go on reading. */
  restartPublisher(): void {
    this.restarts += 1;
    this.epoch = `epoch-${String(this.restarts)}`;
    this.frame = 0;
    this.snapshot = null;
    this.remember();
  }

  private remember(): void {
    this.history.set(this.position, this.cells);
  }

  private publish(uri: string, record: unknown): void {
    for (const { subscriptions, outbox, isOpen } of this.connections) {
      const id = subscriptions.get(uri);
      if (isOpen && id !== undefined) outbox.push([36, id, 1, {}, [record]]);
    }
  }

  private receive(connection: Connection, message: Message): void {
    const answer = (...reply: Message): void => {
      connection.outbox.push(reply);
    };
    const [code, id] = message;
    if (code === 1) answer(2, 1, {});
    if (code === 32) {
      const uri = String(message[3]);
      connection.subscriptions.set(uri, connection.subscriptions.size + 1);
      answer(33, id, connection.subscriptions.size);
    }
    if (code === 48) this.call(String(message[3]), (message[4] ?? []) as unknown[], id, answer);
  }

  private call(uri: string, args: readonly unknown[], id: unknown, answer: (...reply: Message) => void): void {
    const refuse = (error: string, sentence: string): void => {
      answer(8, 48, id, {}, error, [sentence]);
    };
    if (this.refusal !== null) refuse(this.refusal.uri, this.refusal.sentence);
    else if (uri === GRID_GET) {
      const found = this.pageOf(args);
      if (found === null) refuse(ERROR_SNAPSHOT_EXPIRED, 'This snapshot is gone: start again with page 0.');
      else answer(50, id, {}, [found]);
    } else if (uri === TARGET_GET) {
      const cell = this.cells.get(String(args[0]));
      if (cell === undefined) refuse(ERROR_UNKNOWN_TARGET, `There is no server ${String(args[0])}.`);
      else answer(50, id, {}, [detailOf(cell)]);
    }
  }

  private pageOf([page, epoch, frame]: readonly unknown[]): WholePage | null {
    if (page === 0) this.snapshot = { epoch: this.epoch, frame: this.frame, cells: [...this.cells.values()] };
    const { snapshot } = this;
    if (snapshot === null || (page !== 0 && (epoch !== snapshot.epoch || frame !== snapshot.frame))) return null;
    const from = Number(page) * this.pageSize;
    return {
      ...this.template,
      epoch: snapshot.epoch,
      frame: snapshot.frame,
      page: Number(page),
      pages: Math.max(1, Math.ceil(snapshot.cells.length / this.pageSize)),
      cells: snapshot.cells.slice(from, from + this.pageSize),
    };
  }
}

function detailOf(cell: WholeCell): unknown {
  const target = { name: `${cell.server}.example.com`, type: 'host', host: `${cell.server}.example.com` };
  const at = cell.since;
  const alert = {
    alert_key: `${cell.server}/load`,
    severity: cell.severity,
    message: cell.message,
    rule_id: 'oem.event',
    raised_at: at,
    last_seen_at: at,
    last_trap_id: '0',
    occurrences: 3,
    incident: { id: '4711', owner: cell.incident_owner, status: 'Work in Progress', escalation: null },
    links: [{ label: 'Open in Enterprise Manager', url: 'https://oem.example.com/em/incident/4711' }],
  };
  const status = { severity: cell.severity ?? 'cleared', since: at, last_heard_at: at, rule_id: 'TRACK-1' };
  return {
    cell,
    targets: cell.severity === null ? [] : [{ target, ...status, reason: 'Follows from its open alerts' }],
    open_alerts: cell.message === '' ? [] : [alert],
  };
}
