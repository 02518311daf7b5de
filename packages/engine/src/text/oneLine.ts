/** Control characters, line ends among them, and marks that change the direction of writing. */
const BREAKING =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** Text of others as one line, so that it can neither begin a line of a log nor colour or reverse one. */
export function oneLine(text: string): string {
  return text.replace(BREAKING, ' ');
}
