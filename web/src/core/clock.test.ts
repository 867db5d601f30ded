import { expect, test } from 'vitest';
import { steadyClock } from './clock';

test.each([
  ['both clocks run', 1_000, 1_000, 1_000],
  ['the wall clock is set back an hour', -3_600_000, 1_000, 1_000],
  ['the computer slept, and the monotonic clock with it', 60_000, 5, 60_000],
  ['both stand', 0, 0, 0],
])('when %s, what elapsed is not less than what elapsed', (_, wallMs, monotonicMs, expected) => {
  let wall = 1_000_000;
  let monotonic = 0;
  const clock = steadyClock(
    () => wall,
    () => monotonic,
  );
  const before = clock();
  wall += wallMs;
  monotonic += monotonicMs;
  expect(clock() - before).toBe(expected);
});
