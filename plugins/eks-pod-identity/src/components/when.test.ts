import { relativeTime } from './when';

describe('relativeTime', () => {
  const now = Date.parse('2026-03-10T09:00:00.000Z');
  const MINUTE = 60_000;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;

  it.each([
    [0, 'just now'],
    [59_000, 'just now'],
    [MINUTE, '1 minute ago'],
    [HOUR - 1_000, '59 minutes ago'],
    [23.9 * HOUR, '23 hours ago'],
    // The day before yesterday, at nine in the morning
    [35 * HOUR, '1 day ago'],
    [30 * DAY, '1 month ago'],
    [800 * DAY, '2 years ago'],
    // A clock that is slow by six minutes
    [-6 * MINUTE, 'just now'],
  ])('of %s ms ago is %s', (ms, words) => {
    expect(relativeTime(new Date(now - ms).toISOString(), now)).toBe(words);
  });
});
