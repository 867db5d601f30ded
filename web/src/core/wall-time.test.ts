import { afterEach, expect, test, vi } from 'vitest';
import { ageText, clockText, instantText, secondsText } from './wall-time';

const NOON = Date.parse('2026-03-02T12:00:00Z');

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  [0, 'now'],
  [-5, 'now'],
  [59, 'now'],
  [60, '1 min'],
  [3599, '59 min'],
  [3600, '1 h'],
  [47 * 3600, '47 h'],
  [48 * 3600, '2 d'],
])('%s s ago is "%s"', (seconds, text) => {
  expect(ageText(NOON - seconds * 1000, NOON)).toBe(text);
});

test.each([
  [0.4, '0 s'],
  [119, '119 s'],
  [120, '2 min'],
])('data of %s s is "%s" old', (seconds, text) => {
  expect(secondsText(seconds)).toBe(text);
});

test.each([
  ['2026-03-02T12:00:00Z', 'Europe/Zurich', '13:00 CET'],
  ['2026-07-02T12:00:00Z', 'Europe/Zurich', '14:00 CEST'],
  ['2026-03-02T23:30:00Z', 'UTC', '23:30 UTC'],
  ['2026-03-02T12:00:00Z', 'America/New_York', '07:00 GMT-5'],
])('%s in %s is %s', (instant, zone, text) => {
  expect(clockText(Date.parse(instant), zone)).toBe(text);
});

test('another day is said', () => {
  expect(instantText(NOON - 24 * 3600_000, NOON, 'Europe/Zurich')).toBe('2026-03-01 13:00 CET');
  expect(instantText(NOON - 60_000, NOON, 'Europe/Zurich')).toBe('12:59 CET');
});

test('a browser that knows no zones says UTC, and means it', () => {
  vi.stubGlobal('Intl', undefined);
  expect(clockText(NOON, 'Africa/Abidjan')).toBe('12:00 UTC');
});
