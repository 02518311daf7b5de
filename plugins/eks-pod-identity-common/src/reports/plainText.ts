/**
 * Text of others as one line, in which tabs stay for snippets. It can neither begin a line of a log or a terminal nor colour
 * or reverse one. No runner reads a command in it: GitHub takes `::name::` where a line begins, and `##[name]` anywhere in
 * a line (`ActionCommand.cs`); Azure Pipelines takes `##vso[name]` too.
 *
 * @public
 */
export const plainText = (text: string) =>
  text
    .replace(
      // eslint-disable-next-line no-control-regex
      /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g,
      ' ',
    )
    .replace(/^(\s*):(?=:[a-z-]+(?: |::))/i, '$1: ')
    .replace(/##(?=(?:vso)?\[)/gi, '# #');

/**
 * Text of others whose lines stay, as those of a policy, each of them as {@link plainText}.
 *
 * @public
 */
export const plainLines = (text: string) =>
  text.split('\n').map(plainText).join('\n');
