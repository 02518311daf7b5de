import {
  noEvidence,
  SPREAD_MS,
} from 'backstage-plugin-eks-pod-identity-common';
import { ask, context, denied, pod, run } from '../__testUtils__/judge';
import type { Collecting } from '../framework/collecting';
import { type Fact, known } from '../framework/fact';
import { workloadsObtained } from '../workloads/obtained';
import { applicationProof } from '../workloads/obtainedByPods';
import { fingerprintOf } from './fingerprint';
import { collectUsedAsItIs } from './usedAsItIs';

describe('whether the application used the identity as it is', () => {
  const lastAt = '2026-01-01T11:00:00Z';
  const facts: Record<string, Fact<unknown>> = {
    podRun: denied,
    pods: known([pod({ uid: 'one', startedAt: 0 })]),
    association: known({ id: 'a-1', roleArn: 'arn:r', createdAt: 0, tags: {} }),
    role: known({ roleId: 'AROA', createdAt: 0, trustPolicy: {} }),
    rolePolicies: known({ attached: [], inline: [] }),
    evidence: known({
      ...noEvidence('unread'),
      state: 'read',
      readFrom: '2025-12-30T00:00:00Z',
      readUntil: new Date(context.now).toISOString(),
      pods: [{ uid: 'one', name: 'one', firstAt: lastAt, lastAt, sessions: 1 }],
    }),
  };
  const used = async (
    since: number | undefined,
    over: Record<string, unknown> = {},
  ) => {
    const all = { ...facts, ...over } as typeof facts;
    const get = async (name: string) => all[name];
    const unchangedSince = jest.fn(async (_: string) => since);
    const fact = await collectUsedAsItIs({
      operation: { unchangedSince },
      get,
    } as unknown as Collecting);
    const fingerprint = await fingerprintOf({ get } as never);
    expect(unchangedSince.mock.calls.flat()).toEqual(
      unchangedSince.mock.calls.map(() => fingerprint),
    );
    return fact.known && fact.value;
  };

  it('is so where a running pod obtained the role five minutes after the portal first saw it as it is', async () => {
    const at = Date.parse(lastAt) - SPREAD_MS;
    expect(await used(at - 1)).toBe(true);
    expect(await used(at)).toBe(false);
    expect(await used(undefined)).toBe(false);
  });

  it('is not asked where a pod ran, and not known without evidence or a role', async () => {
    expect(await used(0, { podRun: known(run({})) })).toBe(false);
    expect(await used(0, { evidence: known(noEvidence('off')) })).toBe(false);
    expect(await used(0, { role: known(null) })).toBe(false);
  });

  it('is proof by the application without the role, which workloads.obtained then says, and not without the association', async () => {
    const proof = async (over: object) => {
      const all: typeof facts = { ...facts, ...over };
      const made = await applicationProof({
        get: async (name: string) => all[name],
      } as never);
      return made?.at;
    };
    const at11 = Date.parse(lastAt);
    expect(await proof({})).toBe(lastAt);
    expect(await proof({ role: denied })).toBe(lastAt);
    expect(await proof({ role: known({ createdAt: at11 + 1_000 }) })).toBe(
      undefined,
    );
    expect(await proof({ association: denied })).toBe(undefined);
    const obtained = ask(workloadsObtained, {
      ...facts,
      pods: [pod({ uid: 'one', startedAt: 0 })],
      role: denied,
    });
    expect(obtained.message).toMatch(
      /; whether that was after the last change of the role was not looked at\.$/,
    );
  });
});
