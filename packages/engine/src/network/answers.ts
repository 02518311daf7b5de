/** An answer is longer than is read of it. */
export class AnswerTooLong extends Error {
  readonly name = 'AnswerTooLong';
  constructor(most: number) {
    super(`it is longer than ${most / 2 ** 20} MB, and more is not read`);
  }
}

/**
 * The first bytes of an answer; the rest is not read, and the connection ends.
 *
 * @param most - bytes
 * @param isWhole - what is longer is an error
 * @throws AnswerTooLong
 */
export async function readAnswer(
  body: AsyncIterable<Uint8Array>,
  most: number,
  isWhole: boolean,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop destroys the stream.
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= most) continue;
    if (isWhole) throw new AnswerTooLong(most);
    break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, most);
}
