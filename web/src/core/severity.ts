/** Severities as the wall shows them: with the state "unknown" (law 6), in an order of attention, in words. */
import type { WholeCell } from '../protocol/decode';
import type { Severity } from '../protocol/types.gen';
import { SEVERITIES } from '../protocol/types.gen';

export type Shown = Severity | 'unknown';

/** From what needs attention first to what needs none. Unknown stands above healthy: it may hide anything. */
export const BY_ATTENTION: readonly Shown[] = [
  ...SEVERITIES.filter((severity) => severity !== 'cleared').reverse(),
  'unknown',
  'cleared',
];

const WORDS: Readonly<Record<Shown, string>> = {
  critical: 'Critical',
  major: 'Major',
  minor: 'Minor',
  warning: 'Warning',
  indeterminate: 'Indeterminate',
  unknown: 'Unknown',
  cleared: 'Healthy',
};

/** Of a silent server nobody knows how it is now: what was known last stays in its message. */
export function shownOf({ severity, silent_since: silentSince }: Pick<WholeCell, 'severity' | 'silent_since'>): Shown {
  return silentSince === null ? (severity ?? 'unknown') : 'unknown';
}

export function wordOf(shown: Shown): string {
  return WORDS[shown];
}

/** Warning and worse. Unknown is counted by itself. */
export function needsAttention(shown: Shown): boolean {
  return SEVERITIES.indexOf(shown as Severity) >= SEVERITIES.indexOf('warning');
}
