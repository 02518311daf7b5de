import { ManualClock } from '../../async/ManualClock';
import { noEvidence } from 'backstage-plugin-eks-pod-identity-common';
import type { EvidenceRequest } from '../../evidence/types';
import { HAVING, node, pod } from '../__testUtils__/judge';
import type { Collecting } from '../framework/collecting';
import { collectEvidence } from './evidence';
import { known, lacking } from '../framework/fact';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };

describe('collectEvidence', () => {
  const clock = new ManualClock(Date.parse('2026-01-01T12:00:00Z'));
  const stop = new AbortController();
  const facts: Record<string, unknown> = {
    association: known({ roleArn: 'arn:r', targetRoleArn: 'arn:t' }),
    cluster: known({ issuer: 'oidc.example.com/id/1' }),
    pods: known([
      pod({
        name: 'a',
        uid: 'u',
        containers: [
          HAVING,
          { ...HAVING, accessKeyId: 'AKIAEXAMPLE123456789' },
        ],
      }),
    ]),
    nodes: known([
      node('node-1', { instanceId: 'i-1' }),
      node('node-2', { instanceId: 'i-2' }),
    ]),
    role: known({ lastUsed: { at: clock.now(), region: 'eu-west-1' } }),
  };
  const collect = (
    evidence: Collecting['evidence'],
    over: Record<string, unknown> = {},
  ) =>
    collectEvidence({
      evidence,
      request: { ref },
      read: { cluster: { id: 'prod' } },
      operation: { clock },
      signal: stop.signal,
      get: async (name: string) => ({ ...facts, ...over }[name]),
    } as any);

  it('asks what a search has to know, and adds the last use of the role', async () => {
    let asked: EvidenceRequest | undefined;
    const fact = await collect(async request => {
      asked = request;
      return noEvidence('unread');
    });
    expect(asked).toMatchObject({
      ref,
      roleArns: ['arn:r', 'arn:t'],
      issuer: 'oidc.example.com/id/1',
      pods: [{ name: 'a', uid: 'u' }],
      staticKeyIds: ['AKIAEXAMPLE123456789'],
      instanceIds: ['i-1'],
    });
    expect(fact).toEqual(
      known({
        ...noEvidence('unread'),
        roleLastUsed: { at: '2026-01-01T12:00:00.000Z', region: 'eu-west-1' },
      }),
    );
  });

  it('asks nothing where it is off, or without an association', async () => {
    expect(await collect(undefined)).toEqual(known(noEvidence('off')));
    const never = async () => {
      throw new Error('asked');
    };
    expect(await collect(never, { association: known(null) })).toMatchObject({
      known: false,
      lack: { because: 'association.exists' },
    });
    const lack = lacking({ kind: 'denied', sentence: 'No.' });
    expect(await collect(never, { association: lack })).toEqual(lack);
  });

  it('holds no report up for long', async () => {
    const slow = collect(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      { role: known(null) },
    );
    while (clock.waiting === 0) await new Promise(setImmediate);
    await clock.advance(30_000);
    expect(await slow).toEqual(
      known(noEvidence('unread', 'the searches took longer than 30 s.')),
    );
  });

  it('throws what the source throws', async () => {
    const broken = collect(async () => {
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
  });
});
