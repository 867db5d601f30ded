/** The wall in each of its states, as a reader of the page meets it. */
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import axe from 'axe-core';
import { act } from 'react-dom/test-utils';
import { afterEach, expect, test, vi } from 'vitest';
import type { Connection } from '../../core/connection-machine';
import { initialConnection } from '../../core/connection-machine';
import { NO_GRID, reduceGrid } from '../../core/grid-reducer';
import type { WallState } from '../../core/wall-store';
import { WallStore } from '../../core/wall-store';
import type { WholeCell } from '../../protocol/decode';
import { cell, frame, heartbeat, page, samplePage, START } from '../../testing/builders';
import type { ReadServer } from './detail-panel';
import { Wall } from './wall';

const MINUTE_MS = 60_000;
const LIVE: Connection = {
  ...initialConnection('automatic'),
  phase: 'live',
  link: { id: 1, transport: 'websocket' },
  dueAt: START + 6_000,
};
const PULSE = { heartbeat: heartbeat(), heardAt: START, verifiedAt: START, firstHeardAt: START };

afterEach(cleanup);

interface ShowOptions {
  readonly state?: Partial<WallState>;
  readonly readServer?: ReadServer;
  readonly isKiosk?: boolean;
}

function show({ state = {}, readServer = vi.fn(), isKiosk = false }: ShowOptions): WallStore {
  const store = new WallStore('automatic', START, (flush) => {
    flush();
  });
  store.write(state);
  render(<Wall store={store} readServer={readServer} isKiosk={isKiosk} />);
  return store;
}

const liveWith = (...cells: WholeCell[]): Partial<WallState> => ({
  connection: LIVE,
  pulse: PULSE,
  grid: reduceGrid(NO_GRID, { type: 'page', page: page({ cells }) }),
});

test('a cell says what is wrong, since when and whether it gets worse, in words', () => {
  const since = new Date(START - 3 * MINUTE_MS).toISOString();
  show({ state: liveWith(cell('claims-db-01', { severity: 'critical', since, trend: 'worse', message: 'Listener down' })) });
  const shown = screen.getByRole('button', { name: /claims-db-01/ });
  expect(shown.getAttribute('data-severity')).toBe('critical');
  expect(shown.textContent).toContain('Critical');
  expect(shown.textContent).toContain('3 min');
  expect(shown.getAttribute('aria-label')).toBe(
    'claims-db-01: Critical, for 3 min, worse than 15 min ago, Listener down',
  );
});

test('planned work, flapping and an acknowledgement in OEM are said on the cell', () => {
  const maintenance = { from_at: new Date(START).toISOString(), by: 'OEM blackout' };
  const change = { severity: 'critical', maintenance, is_flapping: true, is_acknowledged_in_oem: true } as const;
  show({ state: liveWith(cell('claims-db-01', change)) });
  const shown = screen.getByRole('button', { name: /claims-db-01/ });
  expect(shown.getAttribute('data-severity')).toBe('critical');
  expect(shown.className).toContain('cell--maintenance');
  expect(shown.textContent).toMatch(/Planned.*Flapping.*Ack/);
  expect(shown.getAttribute('aria-label')).toContain('planned work by OEM blackout, flapping');
});

test('a silent server is grey, says Silent and since when, and not what it was', () => {
  show({ state: liveWith(cell('claims-db-01', { silent_since: new Date(START - 31 * MINUTE_MS).toISOString() })) });
  const shown = screen.getByRole('button', { name: /claims-db-01/ });
  expect(shown.getAttribute('data-severity')).toBe('unknown');
  expect(shown.textContent).toContain('Silent');
  expect(shown.textContent).toContain('31 min');
});

test('a server of which nothing was heard is unknown, not healthy', () => {
  show({ state: liveWith(cell('a', { severity: null, since: null, last_heard_at: null })) });
  expect(screen.getByRole('button', { name: 'a: Unknown' }).getAttribute('data-severity')).toBe('unknown');
  expect(screen.getByText('1 of 1 unknown')).toBeTruthy();
});

test('a change is drawn, and in its cell only', () => {
  const store = show({ state: liveWith(cell('a'), cell('b')) });
  const other = screen.getByRole('button', { name: /^b:/ });
  act(() => {
    const change = frame(1, [cell('a', { severity: 'major' })]);
    store.write({ grid: reduceGrid(store.read().grid, { type: 'frame', frame: change }) });
  });
  expect(screen.getByRole('button', { name: /^a: Major/ })).toBeTruthy();
  expect(screen.getByRole('button', { name: /^b: Healthy/ })).toBe(other);
  expect(screen.getByText('1 of 2 needs attention')).toBeTruthy();
});

test('connection, transport, data age and time of day are on screen', () => {
  show({ state: { ...liveWith(cell('a')), now: START + 2_000 } });
  expect(screen.getByText('Live · WebSocket')).toBeTruthy();
  expect(screen.getByText('Data 2 s old')).toBeTruthy();
  expect(screen.getByText('14:00 CET')).toBeTruthy();
});

test('after five missed heartbeats the wall says since when it is not live, and why', () => {
  show({ state: { ...liveWith(cell('a', { severity: 'critical' })), now: START + 5 * MINUTE_MS } });
  expect(screen.getByRole('alert').textContent).toBe('NOT LIVE since 14:00 CET');
  expect(screen.getByText('No heartbeat from the node')).toBeTruthy();
  expect(document.querySelector('.wall--not-live')).not.toBeNull();
});

test('a link that is lost leaves the wall on the glass, and says when it tries again', () => {
  const connection: Connection = { ...LIVE, phase: 'waiting', link: null, why: 'it broke', dueAt: START + 3_000 };
  show({ state: { ...liveWith(cell('a')), connection } });
  expect(screen.getByText('Disconnected · trying again in 3 s')).toBeTruthy();
  expect(screen.getByRole('button', { name: /^a:/ })).toBeTruthy();
});

test.each<[string, Partial<Connection>, string, string]>([
  ['connecting', { phase: 'opening', link: { id: 1, transport: 'websocket' } }, 'Connecting to the node', 'Trying WebSocket …'],
  [
    'unreachable',
    { phase: 'waiting', failures: 1, why: 'WebSocket closed (1006)', dueAt: START + 2_000 },
    'Cannot reach the node',
    'Trying again in 2 s.',
  ],
  [
    'without a snapshot',
    { phase: 'refused', refusals: 1, link: { id: 1, transport: 'websocket' }, why: 'Still reading.', dueAt: START + 4_000 },
    'The node has no wall to show yet',
    'Trying again in 4 s.',
  ],
])('a page that is %s says so', (_, connection, title, line) => {
  show({ state: { connection: { ...initialConnection('automatic'), ...connection } } });
  expect(screen.getByRole('heading', { name: title })).toBeTruthy();
  expect(screen.getByText(line)).toBeTruthy();
});

test('a site without servers says so', () => {
  show({ state: liveWith() });
  expect(screen.getByRole('heading', { name: 'This site has no servers yet' })).toBeTruthy();
});

test('times in which traps could not be received are shown', () => {
  const blind = [
    { from_at: '2026-03-02T12:00:00Z', to_at: '2026-03-02T12:01:00Z', reason: 'older' },
    { from_at: '2026-03-02T12:30:00Z', to_at: '2026-03-02T12:34:00Z', reason: 'ingest was restarted', lost: 12 },
  ];
  show({ state: { ...liveWith(cell('a')), pulse: { ...PULSE, heartbeat: heartbeat({ blind }) } } });
  expect(screen.getByText('Blind 13:30–13:34 CET: ingest was restarted, 12 traps lost (and 1 before)')).toBeTruthy();
});

test.each([
  [['old-box'], 'Heard from a retired server: old-box'],
  [['a', 'b'], 'Heard from retired servers: a, b'],
  [['a', 'b', 'c', 'd', 'e'], 'Heard from retired servers: a, b, c and 2 more'],
])('retired servers that were heard of are told: %j', (heard_retired, text) => {
  show({ state: { ...liveWith(cell('a')), pulse: { ...PULSE, heartbeat: heartbeat({ heard_retired }) } } });
  expect(screen.getByText(text)).toBeTruthy();
});

test('a cell opens its alerts by keyboard, and Escape brings back', () => {
  const readServer: ReadServer = (server, { done }) => {
    const target = { name: 'db.example.com', type: 'oracle_database' };
    const at = '2026-03-02T12:55:00Z';
    done({
      cell: cell(server, { severity: 'critical' }),
      targets: [{ target, severity: 'critical', since: at, last_heard_at: at, reason: 'It has open alerts', rule_id: 'T1' }],
      open_alerts: [
        {
          alert_key: 'k',
          severity: 'critical',
          message: 'Listener down',
          rule_id: 'oem.event',
          raised_at: at,
          last_seen_at: at,
          last_trap_id: '0',
          incident: { id: '4711', owner: 'A. Meier' },
          links: [
            { label: 'Open in Enterprise Manager', url: 'https://oem.example.com/4711' },
            { label: 'Trouble', url: 'javascript:alert(1)' },
          ],
        },
      ],
    });
  };
  show({ state: liveWith(cell('db', { severity: 'critical' })), readServer });
  const opener = screen.getByRole('button', { name: /^db:/ });
  opener.focus();
  fireEvent.keyDown(opener, { key: 'Enter' });
  const dialog = within(screen.getByRole('dialog', { name: 'Details of db' }));
  expect(dialog.getByText('Listener down')).toBeTruthy();
  expect(dialog.getByText('Incident 4711: owned by A. Meier')).toBeTruthy();
  expect(dialog.getAllByRole('link').map((link) => link.textContent)).toEqual(['Open in Enterprise Manager']);
  fireEvent.keyDown(document, { key: 'Escape' });
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(document.activeElement).toBe(opener);
});

test('the detail says what is silent and why, and has the lines for what is in no inventory', () => {
  const readServer: ReadServer = (_, { done }) => {
    done({
      cell: cell('host:new-01', { tier: 'unplaced' }),
      targets: [],
      open_alerts: [],
      silence: 'nothing was heard of its sender OMS since 13:00',
      suggestion: '  - {name: new-01, tier: web, type: host, targets: ["host:new-01"]}\n',
    });
  };
  show({ state: liveWith(cell('host:new-01', { tier: 'unplaced' })), readServer });
  fireEvent.click(screen.getByRole('button', { name: /host:new-01/ }));
  expect(screen.getByText('Silent: nothing was heard of its sender OMS since 13:00.')).toBeTruthy();
  expect(screen.getByText(/name: new-01, tier: web/).tagName).toBe('PRE');
});

test('a kiosk answers to nobody', () => {
  show({ state: liveWith(cell('a')), isKiosk: true });
  expect(screen.queryByRole('button')).toBeNull();
  fireEvent.click(screen.getByRole('group', { name: /^a:/ }));
  expect(screen.queryByRole('dialog')).toBeNull();
});

test('axe finds nothing wrong with the sample site in trouble', async () => {
  const { cells, ...rest } = samplePage(START);
  // One in three of the servers: axe in jsdom takes a tenth of a second for each.
  const some = cells.filter((_, index) => index % 3 === 0);
  const troubled = some.map((one, index) =>
    index % 4 === 0 ? { ...one, severity: (['critical', 'major', null] as const)[index % 3] ?? null, message: 'It broke' } : one,
  );
  show({
    state: { ...liveWith(), grid: reduceGrid(NO_GRID, { type: 'page', page: { ...rest, cells: troubled } }) },
  });
  // jsdom draws nothing: contrast is looked at in a browser.
  const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
}, 30_000);
