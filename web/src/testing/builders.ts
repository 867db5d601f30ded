/** Records for tests and the demo, whole, with what matters to be said. */
import type { WholeCell, WholeFrame, WholeHeartbeat, WholePage } from '../protocol/decode';

export const START = Date.parse('2026-03-02T13:00:00Z');

export function cell(server: string, change: Partial<WholeCell> = {}): WholeCell {
  return {
    server,
    tier: 'web',
    server_type: 'http',
    severity: 'cleared',
    since: new Date(START).toISOString(),
    last_heard_at: new Date(START).toISOString(),
    trend: 'same',
    open_alerts: 0,
    message: '',
    incident_owner: null,
    is_acknowledged_in_oem: false,
    acknowledgement: null,
    maintenance: null,
    is_flapping: false,
    silent_since: null,
    is_test: false,
    ...change,
  };
}

export function page(change: Partial<WholePage> = {}): WholePage {
  return {
    epoch: 'one',
    frame: 0,
    page: 0,
    pages: 1,
    site: 'Claims platform',
    time_zone: 'Europe/Zurich',
    tiers: [{ id: 'web', label: 'Web' }],
    server_types: [{ id: 'http', label: 'HTTP server' }],
    heartbeat_interval_s: 2,
    cells: [],
    ...change,
  };
}

export function frame(number: number, cells: readonly WholeCell[] = [], change: Partial<WholeFrame> = {}): WholeFrame {
  return { epoch: 'one', frame: number, cells, removed: [], ...change };
}

export function heartbeat(change: Partial<WholeHeartbeat> = {}): WholeHeartbeat {
  return {
    epoch: 'one',
    frame: 0,
    sent_at: new Date(START).toISOString(),
    version: '1.0',
    canary_at: new Date(START).toISOString(),
    canary_interval_s: 5,
    blind: [],
    heard_retired: [],
    ...change,
  };
}

/** Tier, server type, names: as many servers, as unevenly spread, as the sample site has. */
const SAMPLE: readonly (readonly [string, string, string])[] = [
  ['Load balancing', 'HTTP server', 'lb-public-01 lb-public-02'],
  ['Load balancing', 'Host', 'lb-internal-01 lb-internal-02'],
  ['Web', 'HTTP server', 'web-01 web-02 web-03 web-04'],
  ['Web', 'Host', 'web-static-01'],
  ['Portal', 'HTTP server', 'portal-web-01 portal-web-02'],
  ['Portal', 'WebLogic', 'portal-01 portal-02 portal-03 portal-04'],
  ['Portal', 'Database', 'portal-db-01'],
  ['Application', 'WebLogic', 'claims-app-01 claims-app-02 claims-app-03 policy-app-01 policy-app-02 policy-app-03'],
  ['Integration', 'HTTP server', 'esb-gateway-01'],
  ['Integration', 'WebLogic', 'esb-01 esb-02 esb-03'],
  ['Integration', 'Database', 'esb-db-01'],
  ['Messaging', 'Host', 'mq-01 mq-02 mq-03'],
  ['Messaging', 'Database', 'mq-db-01'],
  ['Rules engine', 'WebLogic', 'rules-01 rules-02 rules-03'],
  ['Rules engine', 'Database', 'rules-db-01'],
  ['Document', 'WebLogic', 'document-01 document-02'],
  ['Document', 'Host', 'document-render-01 document-render-02'],
  ['Document', 'Database', 'document-db-01'],
  ['Batch', 'WebLogic', 'batch-control-01'],
  ['Batch', 'Host', 'batch-01 batch-02 batch-03'],
  ['Data warehouse', 'WebLogic', 'report-01'],
  ['Data warehouse', 'Host', 'etl-01'],
  ['Data warehouse', 'Database', 'warehouse-db-01 warehouse-db-02'],
  ['Database', 'Database', 'claims-db-01 claims-db-02 policy-db-01 partner-db-01'],
];

const SAMPLE_TYPES = ['HTTP server', 'WebLogic', 'Database', 'Host'];

const idOf = (label: string): string => label.toLowerCase().replace(/ /g, '-');
const named = (labels: readonly string[]): { id: string; label: string }[] =>
  labels.map((label) => ({ id: idOf(label), label }));

/** 11 tiers, 4 server types, 52 servers, all healthy since `since`. */
export function samplePage(since: number): WholePage {
  const at = new Date(since).toISOString();
  return page({
    tiers: named([...new Set(SAMPLE.map(([tier]) => tier))]),
    server_types: named(SAMPLE_TYPES),
    cells: SAMPLE.flatMap(([tier, type, names]) =>
      names
        .split(' ')
        .map((server) => cell(server, { tier: idOf(tier), server_type: idOf(type), since: at, last_heard_at: at })),
    ),
  });
}
