import { randomUUID } from 'node:crypto';
import type {
  CheckResult,
  ProbeLevel,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AnyCheck } from '../framework/check';
import { ENGINE_VERSION } from './engineVersion';
import { valueOf } from '../framework/fact';
import { applicationProof } from '../workloads/obtainedByPods';
import { fingerprintOf, surroundingsOf } from './fingerprint';
import { parseCallerIdentity } from '../credentials/callerIdentity';
import type { FactReader } from '../framework/facts';
import { proofOf, reportStatus } from '../framework/statusRules';
import type { VerifyRequest } from '../framework/request';

/** The answers of one run. */
export interface Judgement {
  checks: readonly AnyCheck[];
  results: CheckResult[];
  /** Epoch milliseconds. */
  startedAt: number;
  finishedAt: number;
}

/** The report of one run: its verdict, its proof and its subject. */
export async function buildReport(
  request: VerifyRequest,
  facts: FactReader,
  { checks, results, startedAt, finishedAt }: Judgement,
): Promise<VerificationReport> {
  const neededBy = new Map<string, readonly ProbeLevel[]>(
    checks.map(check => [check.id, check.neededBy]),
  );
  const [expected, podRun, admission, fingerprint, application] =
    await Promise.all([
      facts.get('expected'),
      facts.get('podRun'),
      facts.get('admission'),
      fingerprintOf(facts),
      applicationProof(facts),
    ]);
  const run = valueOf(podRun);
  const caller =
    run?.identity.exitCode === 0
      ? parseCallerIdentity(run.identity.text)
      : undefined;
  const wanted = valueOf(expected);
  // Only a proof is ever returned again.
  const surroundings = run && (await surroundingsOf(facts));
  const waitedMs = valueOf(admission)?.waitedMs;
  return {
    id: randomUUID(),
    ref: request.ref,
    ...(request.entityRef ? { entityRef: request.entityRef } : {}),
    trigger: request.trigger,
    status: reportStatus(
      results,
      id => neededBy.get(id)?.includes(request.probe) ?? false,
    ),
    proof: proofOf(results),
    probe: request.probe,
    ...(application ? { application } : {}),
    ...(caller ? { callerArn: caller.arn } : {}),
    ...(wanted?.effectiveRoleArn
      ? {
          expectedRoleArn: wanted.effectiveRoleArn,
          expectedRoleSource: wanted.source,
        }
      : {}),
    ...(waitedMs === undefined ? {} : { effectiveAfterMs: waitedMs }),
    ...(fingerprint ? { fingerprint } : {}),
    ...(surroundings ? { surroundings } : {}),
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    checks: results,
    engineVersion: ENGINE_VERSION,
  };
}
