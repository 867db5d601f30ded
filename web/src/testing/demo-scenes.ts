/** Walls to look at: each scene brings a fake node into a state that a screen must show well. */
import type { Trend } from '../protocol/types.gen';
import type { WholeCell, WholePage } from '../protocol/decode';
import { samplePage } from './builders';
import type { FakeNode } from './fake-node';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

export function demoPage(): WholePage {
  return samplePage(Date.now() - 26 * HOUR_MS);
}

function trouble(): WholeCell[] {
  const cells = new Map(demoPage().cells.map((cell) => [cell.server, cell]));
  const bad = (server: string, change: Partial<WholeCell>, trend: Trend = 'worse'): WholeCell => {
    const cell = cells.get(server);
    if (cell === undefined) throw new Error(`the sample site has no ${server}`);
    return { ...cell, trend, open_alerts: 1, incident_owner: 'A. Meier', ...change };
  };
  const critical = { severity: 'critical', since: ago(3 * MINUTE_MS), message: 'The listener is down: ORA-12541: TNS:no listener' } as const;
  const anna = { operator: 'anna', at: ago(2 * MINUTE_MS), note: 'restarting the instance' };
  return [
    bad('claims-db-01', { ...critical, open_alerts: 4 }),
    bad('claims-app-02', { severity: 'major', since: ago(2 * MINUTE_MS), message: 'JDBC pool claimsDS exhausted (50 of 50)' }),
    bad('policy-app-03', { severity: 'critical', since: ago(11 * MINUTE_MS), message: 'Server state is FAILED', acknowledgement: anna }),
    bad('esb-02', { severity: 'minor', since: ago(48 * MINUTE_MS), message: 'Heap usage is 86 %' }, 'same'),
    bad('batch-03', { severity: 'warning', since: ago(5 * HOUR_MS), message: 'File system /var is 81 % full' }, 'better'),
    bad('mq-02', { severity: 'indeterminate', since: ago(20_000), message: 'Configuration was changed' }, 'same'),
    bad('document-render-02', { severity: null, since: null, last_heard_at: null, open_alerts: 0, incident_owner: null }, 'same'),
    bad('web-04', { severity: 'major', since: ago(7 * MINUTE_MS), message: 'Test: certificate expires in 3 days', is_test: true }),
    bad('warehouse-db-01', {
      severity: 'critical',
      since: ago(26 * MINUTE_MS),
      message: 'The database is down',
      maintenance: { from_at: ago(30 * MINUTE_MS), by: 'OEM blackout', note: 'Patch Tuesday' },
    }),
    bad('portal-02', { severity: 'major', since: ago(MINUTE_MS), message: 'Ping failed', is_flapping: true, is_acknowledged_in_oem: true }),
    bad('lb-public-02', { severity: 'cleared', open_alerts: 0, silent_since: ago(31 * MINUTE_MS), incident_owner: null }, 'same'),
  ];
}

export const SCENES: Readonly<Record<string, (node: FakeNode) => void>> = {
  healthy: (node) => {
    node.change(demoPage().cells);
  },
  trouble: (node) => {
    node.change(trouble());
    node.blind = [{ from_at: ago(70 * MINUTE_MS), to_at: ago(66 * MINUTE_MS), reason: 'ingest was restarted', lost: 12 }];
  },
  unheard: (node) => {
    node.change(demoPage().cells.map((cell) => ({ ...cell, severity: null, since: null, last_heard_at: null })));
  },
  empty: (node) => {
    node.change(
      [],
      demoPage().cells.map(({ server }) => server),
    );
  },
  refused: (node) => {
    // As the router says it while the publisher still reads from Kafka.
    node.refusal = { uri: 'wamp.error.no_such_procedure', sentence: 'no callee registered' };
    node.restartPublisher();
  },
  answering: (node) => {
    node.refusal = null;
  },
};
