/** Text of others, tabs of snippets aside: it can neither begin a line of a terminal nor colour or reverse one. */
export const plainText = (text: string) =>
  text.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g,
    ' ',
  );
