/**
 * Text of others as one line, in which tabs stay for snippets. It can neither begin a line of a log or a terminal nor colour
 * or reverse one, and where it begins a line itself, no runner of GitHub reads a command there (`::name::`).
 *
 * @public
 */
export const plainText = (text: string) =>
  text
    .replace(
      // eslint-disable-next-line no-control-regex
      /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g,
      ' ',
    )
    .replace(/^(\s*):(?=:[a-z-]+(?: |::))/i, '$1: ');

/**
 * Text of others whose lines stay, as those of a policy, each of them as {@link plainText}.
 *
 * @public
 */
export const plainLines = (text: string) =>
  text.split('\n').map(plainText).join('\n');
