import { randomUUID } from 'node:crypto';
import {
  type CheckResult,
  isSettling,
  type ProbeLevel,
  type VerificationReport,
  verdictOf,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AnyCheck } from '../framework/check';
import { refusesProbe } from '../workloads/ownDryRuns';
import { ENGINE_VERSION } from './engineVersion';
import { type Fact, valueOf } from '../framework/fact';
import { applicationProof } from '../workloads/obtainedByPods';
import { fingerprintOf, surroundingsOf } from './fingerprint';
import { infrastructureOf } from './infrastructure';
import { parseCallerIdentity } from '../credentials/callerIdentity';
import { partsOf } from './parts';
import type { FactReader } from '../framework/facts';
import { proofOf, wayOf } from '../framework/statusRules';
import { type LackingByCheck, workloadsFound } from '../workloads/found';
import type { VerifyRequest } from '../framework/request';

/** The answers of one run. */
export interface Judgement {
  checks: readonly AnyCheck[];
  results: CheckResult[];
  /** What checks say of pods that lack the identity. */
  lacking: LackingByCheck;
  /** Epoch milliseconds. */
  startedAt: number;
  finishedAt: number;
}

/** What the user who asked must not have. */
async function withheldIn(
  { probe }: VerifyRequest,
  facts: FactReader,
): Promise<VerificationReport['withheld']> {
  if (probe !== 'pod') return undefined;
  const [mayRun, mayTest] = await Promise.all([
    facts.get('mayRun'),
    facts.get('mayTest'),
  ]);
  const isWithheld = (fact: Fact<true>) =>
    !fact.known && fact.lack.kind === 'withheld';
  if (isWithheld(mayRun)) return 'pod';
  return isWithheld(mayTest) ? 'tests' : undefined;
}

/** The report of one run: its verdict, its proof and its subject. */
export async function buildReport(
  request: VerifyRequest,
  facts: FactReader,
  { checks, results, lacking, startedAt, finishedAt }: Judgement,
): Promise<VerificationReport> {
  const neededBy = new Map<string, readonly ProbeLevel[]>(
    checks.map(check => [check.id, check.neededBy]),
  );
  const [
    expected,
    podRun,
    admission,
    dryRuns,
    pods,
    ofWorkloads,
    fingerprint,
    parts,
    application,
    withheld,
  ] = await Promise.all([
    facts.get('expected'),
    facts.get('podRun'),
    facts.get('admission'),
    facts.get('dryRuns'),
    facts.get('pods'),
    facts.get('workloads'),
    fingerprintOf(facts),
    partsOf(facts),
    applicationProof(facts),
    withheldIn(request, facts),
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
  const way = wayOf(results, {
    isNeeded: id => neededBy.get(id)?.includes(request.probe) ?? false,
    used: application !== undefined,
    probeRefused: !dryRuns.known && refusesProbe(dryRuns.lack),
  });
  const workloads = workloadsFound({ pods, workloads: ofWorkloads }, lacking);
  // Else checks may have been skipped that collect what it is made of
  const isSeen = fingerprint && pods.known && way !== 'broken';
  return {
    id: randomUUID(),
    ref: request.ref,
    ...(request.entityRef ? { entityRef: request.entityRef } : {}),
    trigger: request.trigger,
    status: isSettling(results) ? 'setting-up' : verdictOf(way, workloads),
    way,
    ...(workloads ? { workloads } : {}),
    proof: proofOf(results),
    // Without the pod it went no further than dry runs
    probe: withheld === 'pod' ? 'admission' : request.probe,
    ...(withheld ? { withheld } : {}),
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
    parts,
    ...(isSeen ? { infrastructure: await infrastructureOf(facts) } : {}),
    ...(surroundings ? { surroundings } : {}),
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    checks: results,
    engineVersion: ENGINE_VERSION,
  };
}
