const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

const SHORTHANDS: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
};

/** Looking further ahead than this finds nothing that a sandbox will live to see. */
const LONGEST_SEARCH_MINUTES = 366 * 24 * 60;

function parseField(
  text: string,
  [least, most]: readonly [number, number],
): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range, step = '1'] = part.split('/');
    const [from, to = part.includes('/') ? String(most) : from] =
      range === '*' ? [String(least), String(most)] : range.split('-');
    for (let n = Number(from); n <= Number(to); n += Number(step) || 1) {
      values.add(most === 6 ? n % 7 : n);
    }
  }
  return values;
}

/** The next minute after `after` (epoch ms, UTC) at which a cron expression is due; undefined when never. */
export function nextRun(expression: string, after: number): number | undefined {
  const fields = (SHORTHANDS[expression] ?? expression).trim().split(/\s+/);
  if (fields.length !== RANGES.length) {
    return undefined;
  }
  const [minutes, hours, days, months, weekdays] = fields.map((f, i) =>
    parseField(f, RANGES[i]),
  );
  const bothDays = fields[2] !== '*' && fields[4] !== '*';
  let at = Math.floor(after / 60_000) * 60_000 + 60_000;
  for (let n = 0; n < LONGEST_SEARCH_MINUTES; n++, at += 60_000) {
    const date = new Date(at);
    const day = days.has(date.getUTCDate());
    const weekday = weekdays.has(date.getUTCDay());
    if (
      minutes.has(date.getUTCMinutes()) &&
      hours.has(date.getUTCHours()) &&
      months.has(date.getUTCMonth() + 1) &&
      (bothDays ? day || weekday : day && weekday)
    ) {
      return at;
    }
  }
  return undefined;
}
