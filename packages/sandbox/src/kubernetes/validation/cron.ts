/** A field of a cron schedule: its limits and the names that stand for numbers. */
interface Bounds {
  min: number;
  max: number;
  names?: string[];
}

const FIELDS: Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  {
    min: 1,
    max: 12,
    names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' '),
  },
  { min: 0, max: 6, names: 'sun mon tue wed thu fri sat'.split(' ') },
];

const DESCRIPTORS = [
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
];

class CronError extends Error {}

function numberOf(text: string, { min, names }: Bounds): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) {
    return named + min;
  }
  if (!/^[+-]?\d+$/.test(text)) {
    throw new CronError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(
        text,
      )}: invalid syntax`,
    );
  }
  const value = Number(text);
  if (value < 0) {
    throw new CronError(`negative number (${value}) not allowed: ${text}`);
  }
  return value;
}

function checkRange(range: string, bounds: Bounds): void {
  const [whole, step, ...moreSteps] = range.split('/');
  const [from, to, ...moreEnds] = whole.split('-');
  if (moreEnds.length > 0) {
    throw new CronError(`too many hyphens: ${range}`);
  }
  const any = from === '*' || from === '?';
  const start = any ? bounds.min : numberOf(from, bounds);
  const single = any || step !== undefined ? bounds.max : start;
  const end = to === undefined ? single : numberOf(to, bounds);
  if (moreSteps.length > 0) {
    throw new CronError(`too many slashes: ${range}`);
  }
  const by = step === undefined ? 1 : numberOf(step, { min: 0, max: 0 });
  if (start < bounds.min) {
    throw new CronError(
      `beginning of range (${start}) below minimum (${bounds.min}): ${range}`,
    );
  }
  if (end > bounds.max) {
    throw new CronError(
      `end of range (${end}) above maximum (${bounds.max}): ${range}`,
    );
  }
  if (start > end) {
    throw new CronError(
      `beginning of range (${start}) beyond end of range (${end}): ${range}`,
    );
  }
  if (by === 0) {
    throw new CronError(`step of range should be a positive number: ${range}`);
  }
}

function check(schedule: string): void {
  if (schedule.startsWith('@')) {
    if (
      !DESCRIPTORS.includes(schedule) &&
      !/^@every (\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(schedule)
    ) {
      throw new CronError(`unrecognized descriptor: ${schedule}`);
    }
    return;
  }
  const fields = schedule.split(/\s+/).filter(Boolean);
  if (fields.length !== FIELDS.length) {
    throw new CronError(
      `expected exactly ${FIELDS.length} fields, found ${
        fields.length
      }: [${fields.join(' ')}]`,
    );
  }
  fields.forEach((field, index) =>
    field
      .split(',')
      .filter(Boolean)
      .forEach(range => checkRange(range, FIELDS[index])),
  );
}

/** Why a schedule is none, in the words of the parser that CronJobs use; undefined when it is one. */
export function cronFault(schedule: string): string | undefined {
  try {
    check(schedule);
    return undefined;
  } catch (error) {
    if (error instanceof CronError) {
      return error.message;
    }
    throw error;
  }
}
