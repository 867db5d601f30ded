/**
 * What came off the wire as records, or a sentence about what is wrong with it.
 *
 * The node leaves defaults out (`records.Record`), so a cell is made whole here: nobody else asks "or undefined".
 * Only what the wall rests on is checked; what is merely shown is shown as it is.
 */
import type { Cell, GridFrame, GridPage, Heartbeat, ServerDetail } from './types.gen';
import { SEVERITIES } from './types.gen';

export type WholeCell = Readonly<Required<Cell>>;
export type WholePage = Omit<GridPage, 'cells'> & { readonly cells: readonly WholeCell[] };
export interface WholeFrame extends Omit<GridFrame, 'cells' | 'removed'> {
  readonly cells: readonly WholeCell[];
  readonly removed: readonly string[];
}
export type WholeHeartbeat = Readonly<Required<Heartbeat>>;
export type WholeDetail = Omit<ServerDetail, 'cell'> & { readonly cell: WholeCell };

export class DecodeError extends Error {
  constructor(record: string, problem: string) {
    super(`The node sent a ${record} that this page cannot read: ${problem}.`);
  }
}

type Fields = Record<string, unknown>;

function fieldsOf(record: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new DecodeError(record, 'no object');
  return value as Fields;
}

function check(record: string, fields: Fields, names: readonly string[], is: (value: unknown) => boolean): void {
  for (const name of names) {
    if (!is(fields[name])) throw new DecodeError(record, `${name} is ${JSON.stringify(fields[name] ?? null)}`);
  }
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && Math.floor(value) === value;
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0;
const isTime = (value: unknown): boolean => typeof value === 'string' && !isNaN(Date.parse(value));
const isTimeOrNull = (value: unknown): boolean => value === undefined || value === null || isTime(value);
const isSeverityOrNull = (value: unknown): boolean =>
  value === null || SEVERITIES.some((severity) => severity === value);

function list<T>(record: string, fields: Fields, name: string, decode: (value: unknown) => T): T[] {
  const value = fields[name] ?? [];
  if (!Array.isArray(value)) throw new DecodeError(record, `${name} is no list`);
  return value.map(decode);
}

function decodeName(value: unknown): string {
  if (typeof value !== 'string') throw new DecodeError('frame', 'a removed server is no text');
  return value;
}

export function decodeCell(value: unknown): WholeCell {
  const fields = fieldsOf('cell', value);
  check('cell', fields, ['server', 'tier', 'server_type'], isText);
  check('cell', fields, ['severity'], isSeverityOrNull);
  check('cell', fields, ['since', 'last_heard_at'], isTimeOrNull);
  return {
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
    ...(fields as unknown as Cell),
  };
}

export function decodePage(value: unknown): WholePage {
  const fields = fieldsOf('page', value);
  check('page', fields, ['epoch', 'site', 'time_zone'], isText);
  check('page', fields, ['frame', 'page', 'pages'], isCount);
  check('page', fields, ['heartbeat_interval_s'], isPositive);
  check('page', fields, ['tiers', 'server_types'], Array.isArray);
  return { ...(fields as unknown as GridPage), cells: list('page', fields, 'cells', decodeCell) };
}

export function decodeFrame(value: unknown): WholeFrame {
  const fields = fieldsOf('frame', value);
  check('frame', fields, ['epoch'], isText);
  check('frame', fields, ['frame'], isCount);
  return {
    ...(fields as unknown as GridFrame),
    cells: list('frame', fields, 'cells', decodeCell),
    removed: list('frame', fields, 'removed', decodeName),
  };
}

export function decodeHeartbeat(value: unknown): WholeHeartbeat {
  const fields = fieldsOf('heartbeat', value);
  check('heartbeat', fields, ['epoch', 'version'], isText);
  check('heartbeat', fields, ['frame'], isCount);
  check('heartbeat', fields, ['sent_at'], isTime);
  check('heartbeat', fields, ['canary_at'], isTimeOrNull);
  check('heartbeat', fields, ['canary_interval_s'], isPositive);
  return { canary_at: null, blind: [], heard_retired: [], ...(fields as unknown as Heartbeat) };
}

export function decodeDetail(value: unknown): WholeDetail {
  const fields = fieldsOf('server', value);
  check('server', fields, ['targets', 'open_alerts'], Array.isArray);
  return { ...(fields as unknown as ServerDetail), cell: decodeCell(fields.cell) };
}
