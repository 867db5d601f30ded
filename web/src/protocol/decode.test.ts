import { expect, test } from 'vitest';
import { heartbeat, page } from '../testing/builders';
import { decodeCell, decodeDetail, decodeFrame, decodeHeartbeat, decodePage } from './decode';

const bare = { server: 'a', tier: 'web', server_type: 'http', severity: null };

test('a cell gets the defaults that the node leaves out', () => {
  expect(decodeCell(bare)).toEqual({
    ...bare,
    since: null,
    last_heard_at: null,
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
  });
});

test('a frame, a heartbeat and a page get theirs', () => {
  expect(decodeFrame({ epoch: 'one', frame: 1 })).toEqual({ epoch: 'one', frame: 1, cells: [], removed: [] });
  const { canary_at, blind, ...rest } = heartbeat({ canary_at: null });
  expect(decodeHeartbeat(rest)).toEqual({ ...rest, canary_at, blind });
  expect(decodePage({ ...page(), cells: [bare] }).cells[0]?.trend).toBe('same');
});

test.each([
  ['a cell of a severity that nobody knows', () => decodeCell({ ...bare, severity: 'purple' }), 'severity is "purple"'],
  ['a cell without a name', () => decodeCell({ ...bare, server: undefined }), 'server is null'],
  ['a cell of no time', () => decodeCell({ ...bare, since: 'yesterday' }), 'since is "yesterday"'],
  ['a frame of no number', () => decodeFrame({ epoch: 'one', frame: '1' }), 'frame is "1"'],
  ['a frame of a negative number', () => decodeFrame({ epoch: 'one', frame: -1 }), 'frame is -1'],
  ['a frame that removes a number', () => decodeFrame({ epoch: 'one', frame: 1, removed: [7] }), 'no text'],
  ['a heartbeat of no time', () => decodeHeartbeat({ ...heartbeat(), sent_at: 'now' }), 'sent_at is "now"'],
  ['a page without tiers', () => decodePage({ ...page(), tiers: undefined }), 'tiers is null'],
  ['a page with cells that are no list', () => decodePage({ ...page(), cells: 'none' }), 'cells is no list'],
  ['a server that is no object', () => decodeDetail([]), 'no object'],
])('%s is refused with a sentence', (_, decode, problem) => {
  expect(decode).toThrow(problem);
});
