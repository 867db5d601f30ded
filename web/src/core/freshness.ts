/**
 * How old is what the wall shows (law 6)? Two things prove it, and the worse of them counts:
 * the heartbeat with which the grid was last known to be whole, and the canary that came through the trap socket.
 */
import type { WholeHeartbeat } from '../protocol/decode';

/**
 * Times are in milliseconds of the page's clock. `heartbeat` was heard at `heardAt`, the first one of its publisher run at
 * `firstHeardAt`; at `verifiedAt` the grid was last known to be whole.
 */
export interface Pulse {
  readonly heartbeat: WholeHeartbeat | null;
  readonly heardAt: number;
  readonly verifiedAt: number | null;
  readonly firstHeardAt: number | null;
}

type FreshnessLevel = 'unknown' | 'live' | 'late' | 'not-live';

/** `since` and `serverNow` are milliseconds since 1970 by the node's clock; `dataAgeS` is null before the first canary. */
export interface Freshness {
  readonly level: FreshnessLevel;
  readonly why: string;
  readonly since: number;
  readonly serverNow: number;
  readonly dataAgeS: number | null;
}

export const NO_PULSE: Pulse = { heartbeat: null, heardAt: 0, verifiedAt: null, firstHeardAt: null };

const LATE_AFTER_MISSED = 2;
const NOT_LIVE_AFTER_MISSED = 5;
/** A heartbeat that is a quarter of its interval late is not yet missed: networks and timers jitter. */
const TOLERANCE = 0.25;

export function freshnessAt(pulse: Pulse, heartbeatIntervalS: number, now: number): Freshness {
  const { heartbeat, heardAt, verifiedAt, firstHeardAt } = pulse;
  const skew = heartbeat === null ? 0 : Date.parse(heartbeat.sent_at) - heardAt;
  const serverNow = now + skew;
  if (verifiedAt === null) return { level: 'unknown', why: '', since: serverNow, serverNow, dataAgeS: null };

  const intervalMs = heartbeatIntervalS * 1000;
  const heartbeats = { missed: missed(now - verifiedAt, intervalMs), since: verifiedAt + skew };
  let canaries = { missed: 0, since: serverNow };
  let dataAgeS: number | null = null;
  if (heartbeat !== null && firstHeardAt !== null) {
    const canaryMs = heartbeat.canary_interval_s * 1000;
    const seenAt = heartbeat.canary_at === null ? firstHeardAt + skew : Date.parse(heartbeat.canary_at);
    if (heartbeat.canary_at !== null) dataAgeS = Math.max(0, (serverNow - seenAt) / 1000);
    // A canary is told of with the next heartbeat: up to one interval of its age is the telling.
    canaries = { missed: missed(serverNow - seenAt - intervalMs, canaryMs), since: seenAt };
  }
  const worse = canaries.missed > heartbeats.missed ? canaries : heartbeats;
  return { level: levelOf(worse.missed), why: whyOf(heartbeats.missed, canaries.missed), since: worse.since, serverNow, dataAgeS };
}

function missed(elapsedMs: number, intervalMs: number): number {
  return Math.max(0, Math.floor(elapsedMs / intervalMs - TOLERANCE));
}

function levelOf(count: number): FreshnessLevel {
  if (count >= NOT_LIVE_AFTER_MISSED) return 'not-live';
  return count >= LATE_AFTER_MISSED ? 'late' : 'live';
}

function whyOf(heartbeats: number, canaries: number): string {
  if (heartbeats >= LATE_AFTER_MISSED && heartbeats >= canaries) return 'No heartbeat from the node';
  if (canaries >= LATE_AFTER_MISSED) return 'No test trap comes through: traps may not be received';
  return '';
}
