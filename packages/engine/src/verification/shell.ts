/** What bash takes for one word without quotes. */
const PLAIN = /^[\w./:=@%+,-]+$/;

function word(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replace(/'/g, `'\\''`)}'`;
}

/**
 * A command for people to copy. Whatever is put into it stays text: names come from clusters and from AWS, where
 * others choose them, and whoever pastes the command may be allowed more than they are.
 */
export function bash(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce(
    (command, part, index) => `${command}${word(values[index - 1])}${part}`,
  );
}
