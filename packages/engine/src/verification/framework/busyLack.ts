import { BUSY } from '../../kubernetes/errors';
import type { Lack } from './fact';

/** A 429 that stayed, whatever was asked. */
export function busyLack({ message }: { message: string }): Lack {
  return {
    kind: 'unreachable',
    via: 'kubernetes',
    sentence: `The cluster's Kubernetes API puts calls off (429): ${message
      .trim()
      .replace(/\.$/, '')}.`,
    fix: {
      cause: BUSY,
      actions: [
        'Verify again in a few minutes.',
        'If it stays so, let the owners of the cluster look for the client that floods the API server.',
      ],
    },
  };
}
