import { plainLines } from './plainText';

/** A fence longer than any run of backticks inside. */
export function codeBlock(language: string, text: string): string[] {
  const longest = (text.match(/`+/g) ?? []).reduce(
    (length, run) => Math.max(length, run.length),
    2,
  );
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, plainLines(text), fence];
}
