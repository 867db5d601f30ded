/** Ages and times of day in words. Times of day are in the site's one zone, which is always written beside them. */

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** "now", "3 min", "2 h", "5 d": one unit, because a wall is read from afar. Milliseconds since 1970. */
export function ageText(since: number, now: number): string {
  const seconds = Math.max(0, (now - since) / 1000);
  if (seconds < MINUTE_S) return 'now';
  if (seconds < HOUR_S) return `${String(Math.floor(seconds / MINUTE_S))} min`;
  if (seconds < 2 * DAY_S) return `${String(Math.floor(seconds / HOUR_S))} h`;
  return `${String(Math.floor(seconds / DAY_S))} d`;
}

/** "2 s", "3 min": how old data is, where seconds matter. */
export function secondsText(seconds: number): string {
  return seconds < 2 * MINUTE_S ? `${String(Math.floor(seconds))} s` : ageText(0, seconds * 1000);
}

export interface ZonedTime {
  readonly date: string;
  readonly clock: string;
  readonly zone: string;
}

/** The same instant in the zone `timeZone` (IANA name). Where the browser knows no zones (IE 11) it is UTC and says so. */
export function zonedTime(instant: number, timeZone: string): ZonedTime {
  return inZone(instant, timeZone) ?? inUtc(instant);
}

export function clockText(instant: number, timeZone: string): string {
  const { clock, zone } = zonedTime(instant, timeZone);
  return `${clock} ${zone}`;
}

/** With the day when it is not today's. */
export function instantText(instant: number, now: number, timeZone: string): string {
  const { date, clock, zone } = zonedTime(instant, timeZone);
  return date === zonedTime(now, timeZone).date ? `${clock} ${zone}` : `${date} ${clock} ${zone}`;
}

function inUtc(instant: number): ZonedTime {
  const text = new Date(instant).toISOString();
  return { date: text.slice(0, 10), clock: text.slice(11, 16), zone: 'UTC' };
}

/** A formatter takes a millisecond to make: one a zone. Null: this browser cannot. */
const formatters: Record<string, Intl.DateTimeFormat | null> = {};

function formatterFor(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'short',
    });
  } catch {
    return null;
  }
}

function inZone(instant: number, timeZone: string): ZonedTime | null {
  const formatter = (formatters[timeZone] ??= formatterFor(timeZone));
  if (typeof formatter?.formatToParts !== 'function') return null;
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatter.formatToParts(instant)) parts[type] = value;
  const { year, month, day, hour, minute, timeZoneName } = parts;
  if (!year || !month || !day || !hour || !minute || !timeZoneName) return null;
  return { date: `${year}-${month}-${day}`, clock: `${hour}:${minute}`, zone: timeZoneName };
}
