/** Text that bash reads as one word without quotes. */
const PLAIN = /^[\w./:=@%+,-]+$/;

function word(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replace(/'/g, `'\\''`)}'`;
}

/**
 * A command for people to copy. Quotes every value: others choose names in clusters and in AWS, and the person who
 * pastes the command may have more rights than they do.
 */
export function bash(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce(
    (command, part, index) => `${command}${word(values[index - 1])}${part}`,
  );
}
