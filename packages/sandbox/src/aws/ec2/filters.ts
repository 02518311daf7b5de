import { AwsError } from '../errors';
import { Filter } from './parameters';

/** How each filter reads its values from a record. */
export type FilterValues<T> = Record<string, (record: T) => string[]>;

/** Matches a filter's value, in which `*` is any text and `?` any character. */
function matches(pattern: string, value: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, 's').test(value);
}

/** The records that all filters match. */
export function filtered<T extends { tags: Record<string, string> }>(
  records: T[],
  filters: Filter[],
  values: FilterValues<T>,
): T[] {
  const wanted = filters.map(({ name, values: patterns }) => {
    if (!name.startsWith('tag:') && !Object.hasOwn(values, name)) {
      throw new AwsError(
        'InvalidParameterValue',
        `The filter '${name}' is invalid`,
      );
    }
    const key = name.slice(4);
    const read = name.startsWith('tag:')
      ? ({ tags }: T) => (Object.hasOwn(tags, key) ? [tags[key]] : [])
      : values[name];
    return { read, patterns };
  });
  return records.filter(record =>
    wanted.every(({ read, patterns }) =>
      read(record).some(value =>
        patterns.some(pattern => matches(pattern, value)),
      ),
    ),
  );
}
