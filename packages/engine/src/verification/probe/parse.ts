import { type ForeignText, toParse } from '../../text/foreign';
import type { ProbeLine } from '../framework/facts/probe';

/** Parsed output of the probe. */
export interface ProbeAnswer {
  identity?: ProbeLine;
  tries: number;
  imds?: ProbeLine;
  permissions: Record<string, ProbeLine>;
  /** Lines that bash or the container runtime wrote. */
  stray: string[];
}

const LINE = /^([a-z0-9.-]{1,64}) (\d{1,3})(?: ([A-Za-z0-9+/=]*))?$/;
const PERMISSION = 'p.';
/** Characters: Kubernetes keeps 4,096 bytes of a termination message. */
const LONGEST = 4_096;

/** Decodes bytes from a pod: invalid UTF-8 becomes the replacement character, control characters are removed. */
function decode(base64: string): string {
  return (
    Buffer.from(base64, 'base64')
      .toString('utf8')
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ')
      .split('\n')
      .map(line => line.trim())
      .filter(Boolean)
      .join('\n')
  );
}

/** Reads a termination message of the probe; unreadable lines are kept as `stray`, never thrown. */
export function parseProbeAnswer(
  message: ForeignText | undefined,
): ProbeAnswer {
  const answer: ProbeAnswer = { tries: 1, permissions: {}, stray: [] };
  for (const raw of toParse(message, LONGEST).split('\n')) {
    const line = raw.trim();
    if (!line) continue;
    const match = LINE.exec(line);
    if (!match) {
      answer.stray.push(line);
      continue;
    }
    const [, name, code, encoded = ''] = match;
    const parsed = { exitCode: Number(code), text: decode(encoded) };
    if (name === 'identity') answer.identity = parsed;
    else if (name === 'tries') answer.tries = Math.max(1, parsed.exitCode);
    else if (name === 'imds') answer.imds = parsed;
    else if (name.startsWith(PERMISSION)) {
      answer.permissions[name.slice(PERMISSION.length)] = parsed;
    } else answer.stray.push(line);
  }
  return answer;
}
