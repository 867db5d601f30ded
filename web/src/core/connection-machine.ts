/**
 * From nothing to a live wall, and back up after every fall. Pure: what happened goes in, what to do comes out.
 *
 *   idle ─► opening ─► subscribing ─► loading ─► live ⇄ settling ─► loading
 *              ▲                        ⇅ refused
 *              └──── waiting ◄── any of them, when the link is lost
 *
 * Rules
 * 1. `TABLE` holds every transition; what is not in it, or comes from a link that is no longer ours, changes nothing.
 * 2. WebSocket first; after two failures long-poll, then in turns until one of them answers.
 * 3. On long-poll a probe knocks at WebSocket in the background; only a WELCOME moves the wall there.
 * 4. A gap waits a little (`settling`): the missing frame may only be late, and 500 walls must not ask at once.
 * 5. Silence is a reason to ask again: the answer tells whether the link, the publisher or nobody is at fault.
 */
export type TransportKind = 'websocket' | 'longpoll';
export type TransportChoice = 'automatic' | TransportKind;

export interface Link {
  readonly id: number;
  readonly transport: TransportKind;
}

type Phase = 'idle' | 'waiting' | 'opening' | 'subscribing' | 'loading' | 'refused' | 'settling' | 'live';

/** A second link that tries whether WebSocket works by now: `link` is null until `dueAt`, then has until `dueAt`. */
interface Probe {
  readonly link: Link | null;
  readonly dueAt: number;
  readonly delay: number;
}

/** Times are in milliseconds of the page's clock. `why` is a sentence for people: why it waits, or why it asks again. */
export interface Connection {
  readonly phase: Phase;
  readonly choice: TransportChoice;
  readonly link: Link | null;
  readonly dueAt: number | null;
  readonly page: number;
  readonly why: string;
  readonly lastLinkId: number;
  readonly failures: number;
  readonly refusals: number;
  readonly webSocketFailures: number;
  readonly lastFailed: TransportKind | null;
  readonly probe: Probe | null;
}

export type ConnectionEvent =
  | { readonly type: 'start' }
  | { readonly type: 'tick' }
  | { readonly type: 'welcomed'; readonly id: number }
  | { readonly type: 'lost'; readonly id: number; readonly why: string }
  | { readonly type: 'subscribed'; readonly id: number }
  | { readonly type: 'page-taken'; readonly id: number; readonly next: number }
  | { readonly type: 'snapshot-taken'; readonly id: number; readonly isInSync: boolean; readonly silenceMs: number }
  | { readonly type: 'snapshot-refused'; readonly id: number; readonly why: string }
  | { readonly type: 'in-sync'; readonly id: number; readonly silenceMs: number }
  | { readonly type: 'out-of-sync'; readonly id: number; readonly why: string };

export type Effect =
  | { readonly do: 'open'; readonly link: Link }
  | { readonly do: 'close'; readonly id: number }
  | { readonly do: 'subscribe'; readonly id: number }
  | { readonly do: 'load'; readonly id: number; readonly page: number };

/** `random` is in [0, 1): it comes from outside, so that a step is a function of its arguments. */
export interface Moment {
  readonly now: number;
  readonly random: number;
}

interface Step {
  readonly state: Connection;
  readonly effects: readonly Effect[];
}

type Transition<T extends ConnectionEvent['type']> = (
  state: Connection,
  event: Extract<ConnectionEvent, { type: T }>,
  at: Moment,
) => Step;

export const WELCOME_MS = 6_000;
const ANSWER_MS = 15_000;
const FAILURES_BEFORE_LONG_POLL = 2;
const LONGEST_RETRY_MS = 5_000;
const FIRST_PROBE_MS = 10_000;
const LONGEST_PROBE_MS = 300_000;
const SETTLE_MS = 1_500;
const SHORTEST_SETTLE_MS = 100;

export function initialConnection(choice: TransportChoice): Connection {
  return {
    phase: 'idle',
    choice,
    link: null,
    dueAt: null,
    page: 0,
    why: '',
    lastLinkId: 0,
    failures: 0,
    refusals: 0,
    webSocketFailures: 0,
    lastFailed: null,
    probe: null,
  };
}

/** The next state and what to do. The same state and no effects when the event is none of its business. */
export function step(state: Connection, event: ConnectionEvent, at: Moment): Step {
  if (event.type === 'tick') return tick(state, at);
  if ('id' in event && event.id === state.probe?.link?.id) return probeAnswered(state, event, at);
  if ('id' in event && event.id !== state.link?.id) return { state, effects: [] };
  const transition = TABLE[state.phase][event.type];
  return transition === undefined ? { state, effects: [] } : transition(state, event as never, at);
}

/** When `tick` has something to do next, or null. */
export function dueAt(state: Connection): number | null {
  const times = [state.dueAt, state.probe?.dueAt ?? null].filter((time): time is number => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

type Transitions = { readonly [T in ConnectionEvent['type']]?: Transition<T> };

const TABLE: Readonly<Record<Phase, Transitions>> = {
  idle: { start: (state, _, at) => open(state, at) },
  waiting: { tick: (state, _, at) => open(state, at) },
  opening: {
    welcomed: (state, _, at) => subscribe(state, at),
    lost: (state, { why }, at) => wait(state, why, at),
    tick: (state, _, at) => wait(state, `no answer within ${String(WELCOME_MS / 1000)} s`, at),
  },
  subscribing: {
    subscribed: (state, _, at) => load({ ...state, failures: 0 }, 0, at),
    lost: (state, { why }, at) => wait(state, why, at),
    tick: (state, _, at) => wait(state, 'the node did not answer', at),
  },
  loading: {
    'page-taken': (state, { next }, at) => load(answered(state), next, at),
    'snapshot-taken': (state, event, at) =>
      event.isInSync ? live(answered(state), event.silenceMs, at) : settle(answered(state), 'changes were missed', at),
    'snapshot-refused': (state, { why }, at) => refuse(answered(state), why, at),
    lost: (state, { why }, at) => wait(state, why, at),
    tick: (state, _, at) => wait(state, 'the node did not answer', at),
  },
  refused: {
    tick: (state, _, at) => load(state, 0, at),
    'in-sync': (state, { silenceMs }, at) => live(state, silenceMs, at),
    lost: (state, { why }, at) => wait(state, why, at),
  },
  settling: {
    tick: (state, _, at) => load(state, 0, at),
    'in-sync': (state, { silenceMs }, at) => live(state, silenceMs, at),
    lost: (state, { why }, at) => wait(state, why, at),
  },
  live: {
    'in-sync': (state, { silenceMs }, at) => live(state, silenceMs, at),
    'out-of-sync': (state, { why }, at) => settle(state, why, at),
    lost: (state, { why }, at) => wait(state, why, at),
    tick: (state, _, at) => settle(state, 'the node has gone quiet', at),
  },
};

function tick(state: Connection, at: Moment): Step {
  if (state.dueAt !== null && at.now >= state.dueAt) {
    const transition = TABLE[state.phase].tick;
    if (transition !== undefined) return transition(state, { type: 'tick' }, at);
  }
  const { probe } = state;
  if (probe === null || at.now < probe.dueAt) return { state, effects: [] };
  if (probe.link !== null) return probeFailed(state, probe, [{ do: 'close', id: probe.link.id }], at);
  const link: Link = { id: state.lastLinkId + 1, transport: 'websocket' };
  return {
    state: { ...state, lastLinkId: link.id, probe: { ...probe, link, dueAt: at.now + WELCOME_MS } },
    effects: [{ do: 'open', link }],
  };
}

function open(state: Connection, at: Moment): Step {
  const link: Link = { id: state.lastLinkId + 1, transport: transportFor(state) };
  return {
    state: { ...state, phase: 'opening', link, lastLinkId: link.id, dueAt: at.now + WELCOME_MS },
    effects: [{ do: 'open', link }],
  };
}

function transportFor({ choice, webSocketFailures, lastFailed }: Connection): TransportKind {
  if (choice !== 'automatic') return choice;
  if (webSocketFailures < FAILURES_BEFORE_LONG_POLL) return 'websocket';
  return lastFailed === 'longpoll' ? 'websocket' : 'longpoll';
}

function subscribe(state: Connection, at: Moment): Step {
  if (state.link === null) return { state, effects: [] };
  return {
    state: { ...state, phase: 'subscribing', dueAt: at.now + ANSWER_MS },
    effects: [{ do: 'subscribe', id: state.link.id }],
  };
}

function load(state: Connection, page: number, at: Moment): Step {
  if (state.link === null) return { state, effects: [] };
  return {
    state: { ...state, phase: 'loading', page, dueAt: at.now + ANSWER_MS },
    effects: [{ do: 'load', id: state.link.id, page }],
  };
}

/** An answer to a call is the proof that the transport works in both directions. */
function answered(state: Connection): Connection {
  const isWebSocket = state.link?.transport === 'websocket';
  return { ...state, lastFailed: null, webSocketFailures: isWebSocket ? 0 : state.webSocketFailures };
}

function live(state: Connection, silenceMs: number, at: Moment): Step {
  const canProbe = state.choice === 'automatic' && state.link?.transport === 'longpoll';
  const probe = canProbe ? (state.probe ?? { link: null, delay: FIRST_PROBE_MS, dueAt: at.now + FIRST_PROBE_MS }) : null;
  return {
    state: { ...state, phase: 'live', dueAt: at.now + silenceMs, why: '', refusals: 0, probe },
    effects: [],
  };
}

function settle(state: Connection, why: string, at: Moment): Step {
  const pause = SHORTEST_SETTLE_MS + at.random * (SETTLE_MS - SHORTEST_SETTLE_MS);
  return { state: { ...state, phase: 'settling', why, dueAt: at.now + pause }, effects: [] };
}

function refuse(state: Connection, why: string, at: Moment): Step {
  const refusals = state.refusals + 1;
  return {
    state: { ...state, phase: 'refused', why, refusals, dueAt: at.now + backOff(refusals, at.random) },
    effects: [],
  };
}

function wait(state: Connection, why: string, at: Moment): Step {
  const wasUp = state.phase === 'live' || state.phase === 'settling' || state.phase === 'refused';
  const failures = state.failures + 1;
  const webSocketFailed = !wasUp && state.link?.transport === 'websocket';
  const ids = [state.link?.id, state.probe?.link?.id].filter((id): id is number => id !== undefined);
  return {
    state: {
      ...state,
      phase: 'waiting',
      why,
      link: null,
      probe: null,
      failures,
      webSocketFailures: state.webSocketFailures + (webSocketFailed ? 1 : 0),
      lastFailed: wasUp ? null : (state.link?.transport ?? null),
      dueAt: at.now + backOff(failures, at.random),
    },
    effects: ids.map((id) => ({ do: 'close', id })),
  };
}

/** 0–1 s, then longer, never beyond five seconds: a node is back within 15 s and its walls soon after. */
function backOff(failures: number, random: number): number {
  if (failures <= 1) return Math.round(1_000 * random);
  return Math.round(Math.min(LONGEST_RETRY_MS, 500 * Math.pow(1.6, failures)) * (0.75 + random * 0.25));
}

function probeAnswered(state: Connection, event: ConnectionEvent, at: Moment): Step {
  const { probe, link } = state;
  if (!probe?.link) return { state, effects: [] };
  if (event.type === 'lost') return probeFailed(state, probe, [{ do: 'close', id: probe.link.id }], at);
  if (event.type !== 'welcomed') return { state, effects: [] };
  const moved = subscribe({ ...state, link: probe.link, probe: null }, at);
  return { ...moved, effects: [...(link === null ? [] : [{ do: 'close' as const, id: link.id }]), ...moved.effects] };
}

function probeFailed(state: Connection, probe: Probe, effects: readonly Effect[], at: Moment): Step {
  const delay = Math.min(LONGEST_PROBE_MS, probe.delay * 2);
  const pause = delay * (0.75 + at.random * 0.25);
  return { state: { ...state, probe: { link: null, delay, dueAt: at.now + pause } }, effects };
}
