/**
 * Milliseconds that never stand still and never run backwards, whatever happens to the computer's clock.
 *
 * A wall clock set back would hide missing heartbeats, a monotonic one may sleep with the computer: the larger
 * step of both is taken. Too much elapsed time only makes the wall doubt itself until the next heartbeat.
 */
export type Clock = () => number;

export function steadyClock(wall: Clock, monotonic: Clock): Clock {
  let now = wall();
  let lastWall = now;
  let lastMonotonic = monotonic();
  return () => {
    const wallNow = wall();
    const monotonicNow = monotonic();
    now += Math.max(0, wallNow - lastWall, monotonicNow - lastMonotonic);
    lastWall = wallNow;
    lastMonotonic = monotonicNow;
    return now;
  };
}
