import { newsOf } from './usage';

const at = (day: number, hour = 12) => Date.UTC(2026, 10, day, hour);
/** Days of November, the newest first. */
const days = (...used: number[]) =>
  used.map(day => new Date(at(day)).toISOString().slice(0, 10));
/** Monday to Friday; the 20th is a Friday. */
const WEEKDAYS = days(20, 19, 18, 17, 16, 13, 12);
const DAILY = days(20, 19, 18, 17, 16, 15, 14);

it.each([
  ['on its last day', DAILY, at(20), undefined],
  ['after a weekend', WEEKDAYS, at(23, 23), undefined],
  ['after three whole days', WEEKDAYS, at(24, 0), 'silent'],
  ['every day, weeks ago', DAILY, at(60), 'silent'],
  ['on four of seven days', days(20, 18, 16, 14, 12), at(30), undefined],
  ['once', days(20), at(30), undefined],
  ['never', [], at(30), undefined],
])('hears of silence: used %s', (_, used, now, news) => {
  expect(newsOf(undefined, { days: used }, now)).toBe(news);
  expect(newsOf({ notified: 'silent' }, { days: used }, now)).toBe(news);
});

it.each([
  ['the first time', undefined, 20, DAILY, 'denied'],
  ['as it was two days before', { deniedAt: at(18) }, 20, DAILY, undefined],
  ['after eight quiet days', { deniedAt: at(12) }, 20, DAILY, 'denied'],
  ['not daily used', undefined, 20, days(20, 19), undefined],
  [
    'since it was told of',
    { deniedAt: at(19), notified: 'denied' as const },
    20,
    days(20),
    'denied',
  ],
  [
    'no more for a week',
    { deniedAt: at(13), notified: 'denied' as const },
    13,
    DAILY,
    undefined,
  ],
])('hears of denials: %s', (_, before, denied, used, news) => {
  expect(newsOf(before, { days: used, deniedAt: at(denied) }, at(20, 13))).toBe(
    news,
  );
});

it('hears of silence before denials that are older', () => {
  expect(
    newsOf(
      { deniedAt: at(20), notified: 'denied' },
      { days: DAILY, deniedAt: at(20) },
      at(25),
    ),
  ).toBe('silent');
});
