/**
 * A seeded pseudo-random generator (mulberry32): the same seed gives the same sandbox.
 *
 * Not for secrets; the sandbox has none that matter.
 */
export function createRandom(seed: number): () => number {
  let state = seed % 0x1_0000_0000;
  /* eslint-disable no-bitwise */
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  /* eslint-enable no-bitwise */
}

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const HEX = '0123456789abcdef';

/** Generates AWS identifiers from one random source. */
export class Identifiers {
  constructor(private readonly random: () => number) {}

  draw(alphabet: string, length: number) {
    let text = '';
    for (let i = 0; i < length; i++) {
      text += alphabet[Math.floor(this.random() * alphabet.length)];
    }
    return text;
  }

  /** `AROA…`, `AIDA…`, `AKIA…`, `ASIA…`, `ANPA…`, `AIPA…`: 21 characters, or 20 for access keys. */
  iam(prefix: string): string {
    const length = prefix === 'AKIA' || prefix === 'ASIA' ? 20 : 21;
    return prefix + this.draw(UPPER, length - prefix.length);
  }

  secret(): string {
    return this.draw(BASE64, 40);
  }

  token(length: number): string {
    return this.draw(BASE64, length);
  }

  /** ID of a pod identity association: `a-` and 17 lower-case characters. */
  association(): string {
    return `a-${this.draw(LOWER, 17)}`;
  }

  hex(length: number): string {
    return this.draw(HEX, length);
  }

  /** A version 4 UUID. */
  uuid(): string {
    const variant = this.draw('89ab', 1);
    return [
      this.hex(8),
      this.hex(4),
      `4${this.hex(3)}`,
      `${variant}${this.hex(3)}`,
      this.hex(12),
    ].join('-');
  }
}
