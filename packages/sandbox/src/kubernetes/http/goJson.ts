const LOOKING_FOR_KEY = 'looking for beginning of object key string';

/** V8's texts, and what Go's encoding/json says of the same character. */
const CONTEXTS: [RegExp, string][] = [
  [/^Expected (?:double-quoted )?property name/, LOOKING_FOR_KEY],
  [/^Expected ':'/, 'after object key'],
  [/^Expected ',' or '}'/, 'after object key:value pair'],
  [/^Expected ',' or '\]'/, 'after array element'],
  [/^Bad control character/, 'in string literal'],
  [/^Bad escaped character/, 'in string escape code'],
  [/^Unexpected non-whitespace character after JSON/, 'after top-level value'],
];

/** Go prints a character like `'a'`, a quotation mark as `'"'` and an unprintable one as `'\u00b7'`. */
function quoted(char: string): string {
  if (char === "'") {
    return String.raw`'\''`;
  }
  return `'${char === '"' ? char : JSON.stringify(char).slice(1, -1)}'`;
}

function goMessage(text: string, { message }: Error): string {
  const position = /at position (\d+)/.exec(message);
  const token = /^Unexpected token '([\s\S]+?)', /.exec(message);
  const char = position ? text[Number(position[1])] : token?.[1];
  if (
    char === undefined ||
    /Unterminated string|Unexpected end/.test(message)
  ) {
    return 'unexpected end of JSON input';
  }
  const context = CONTEXTS.find(([form]) => form.test(message))?.[1];
  return `invalid character ${quoted(char)} ${
    context ?? 'looking for beginning of value'
  }`;
}

/** Parses JSON; the error has the text of Go's encoding/json. */
export function parseGoJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(goMessage(text, error as Error));
  }
}
