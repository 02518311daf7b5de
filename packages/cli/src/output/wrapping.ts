import type { Output } from '../io';
import { libraries } from '../libraries';

/** Below this, a terminal breaks lines better by itself. */
const LEAST = 40;

/**
 * Breaks prose at the words for a terminal, and lets what follows begin further in; undefined for a stream without
 * columns. Words are never broken: an ARN stays what can be copied.
 */
export function wrapFor({
  columns,
}: Output): ((line: string, indent: number) => string) | undefined {
  if (!columns || columns < LEAST) return undefined;
  return (line, indent) => {
    const text = line.trimStart();
    const lead = line.length - text.length;
    const [first, ...rest] = libraries
      .wrapAnsi(text, columns - Math.max(indent, lead))
      .split('\n');
    return [
      `${' '.repeat(lead)}${first}`,
      ...rest.map(one => `${' '.repeat(indent)}${one}`),
    ].join('\n');
  };
}
