import { untrusted } from '../../text/foreign';
import { parseProbeAnswer } from './parse';

const parsed = (text?: string) => parseProbeAnswer(untrusted(text));

const line = (name: string, code: number, text: string) =>
  `${name} ${code} ${Buffer.from(text).toString('base64')}`;

describe('parseProbeAnswer', () => {
  it('reads every line of the probe', () => {
    expect(
      parsed(
        [
          line('identity', 0, '{"Arn":"x"}'),
          line('tries', 3, ''),
          line('imds', 255, 'no'),
          line('p.identity', 254, 'denied'),
          line('p.s3', 0, ''),
        ].join('\n'),
      ),
    ).toEqual({
      identity: { exitCode: 0, text: '{"Arn":"x"}' },
      tries: 3,
      imds: { exitCode: 255, text: 'no' },
      permissions: {
        identity: { exitCode: 254, text: 'denied' },
        s3: { exitCode: 0, text: '' },
      },
      stray: [],
    });
  });

  it('separates foreign lines', () => {
    expect(
      parsed(
        `bash: out: Permission denied\n${line('identity', 0, 'a')}\nx 1 !`,
      ),
    ).toMatchObject({
      identity: { text: 'a' },
      stray: ['bash: out: Permission denied', 'x 1 !'],
    });
  });

  it('takes a line of another name for no permission', () => {
    expect(parsed(line('other', 0, 'x'))).toMatchObject({
      permissions: {},
      stray: [line('other', 0, 'x')],
    });
  });

  it('handles empty text, half a character and control characters', () => {
    expect(parsed(undefined)).toMatchObject({ permissions: {} });
    const half = Buffer.from('é').subarray(0, 1).toString('base64');
    expect(parsed(`identity 1 ${half}`).identity?.text).toBe('\ufffd');
    expect(
      parsed(line('identity', 1, 'a\u001b[31mb\n\n c')).identity?.text,
    ).toBe('a [31mb\nc');
  });
});
