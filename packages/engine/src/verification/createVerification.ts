import { randomUUID } from 'crypto';
import {
  type CheckResult,
  type ServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityCheck } from 'backstage-plugin-eks-pod-identity-common';
import { adaptCheck } from './additionalChecks';
import { docsUrlOf, type AnyCheck, type CheckContext } from './check';
import { checksFor } from './checks';
import { Deadline } from '../async/deadline';
import { ENGINE_VERSION } from './engineVersion';
import type { Collecting } from './facts/collecting';
import { collectors } from './facts/collectors';
import { valueOf } from './facts/fact';
import { FactSource } from './facts/source';
import { fingerprintOf } from './fingerprint';
import { Semaphore } from '../async/Semaphore';
import { parseCallerIdentity } from './probe/identity';
import { ProbeTurns } from './ProbeQueue';
import { RecentProofs } from './ProofCache';
import { runChecks } from './runner';
import { proofOf, reportStatus } from './statusRules';
import type { Verification, VerifyRequest } from './types';
import { waitUntilEffective } from './waitUntilEffective';

export interface VerificationOptions {
  /** Checks of adopters, from the extension point. */
  additionalChecks?: readonly PodIdentityCheck[];
  /** Where docs/checks.md can be read, without an anchor; default: relative. */
  docsBaseUrl?: string;
  /**
   * The newest finished report of an equal request (ref, probe, expected role, permission checks) on any replica.
   * Default: those of this process.
   */
  findRecentReport?(
    request: VerifyRequest,
    since: Date,
  ): Promise<VerificationReport | undefined>;
  /**
   * The newest verified pod run of a ref on any replica, whatever it asked. Default: those of this process.
   */
  findRecentProof?(
    ref: ServiceAccountRef,
    since: Date,
  ): Promise<VerificationReport | undefined>;
}

/** True where any proof of the identity is the answer, whatever else it tried. */
function asksNothingElse(request: VerifyRequest): boolean {
  return !request.expectedRoleArn && request.permissionChecks.length === 0;
}

/**
 * Makes the verification floor. Made once per process: the limit of probes a cluster, the turns of each ref and the
 * reports that may be reused live in it.
 */
export function createVerification(
  options: VerificationOptions = {},
): Verification {
  const slots = new Map<string, Semaphore>();
  const recent = new RecentProofs();
  const newestProof = async (ref: ServiceAccountRef, since: number) => {
    // What this process has just seen may not be stored yet.
    const here = recent.of(ref, since);
    const stored = await options.findRecentProof?.(ref, new Date(since));
    return here && stored && here.finishedAt < stored.finishedAt
      ? stored
      : here ?? stored;
  };
  const turns = new ProbeTurns({ lastProof: newestProof });

  const slotsOf = (clusterId: string, maxConcurrent: number) => {
    const existing = slots.get(clusterId);
    if (existing) return existing;
    const made = new Semaphore(Math.max(1, maxConcurrent));
    slots.set(clusterId, made);
    return made;
  };

  const findRecent = async (
    request: VerifyRequest,
    since: number,
  ): Promise<VerificationReport | undefined> => {
    if (asksNothingElse(request)) {
      const proof = await newestProof(request.ref, since);
      if (proof && proof.expectedRoleSource !== 'input') return proof;
    }
    return options.findRecentReport
      ? options.findRecentReport(request, new Date(since))
      : recent.equalTo(request, since);
  };

  return {
    async verify(asked, context, preset = {}) {
      const { clock, clusters, emit } = context;
      const cluster = clusters.get(asked.ref.cluster);
      const { probeInterval } = context.config.timings;
      const acceptedAt = clock.now();
      const tell: Collecting['tell'] = (message, level = 'info') =>
        emit({ type: 'log', data: { level, message } });

      let request = asked;
      if (cluster.kubernetes.access === 'none' && asked.probe !== 'none') {
        request = { ...asked, probe: 'none' };
        await tell(
          `The portal does not use the Kubernetes API of ${cluster.id} (kubernetes.access: none), so no pod is run: this only looks at AWS.`,
          'warn',
        );
      }

      const deadline = new Deadline(clock, context.signal).start(
        request.timeoutSeconds * 1000,
      );
      const remainingMs = () =>
        acceptedAt + request.timeoutSeconds * 1000 - clock.now();
      const places = slotsOf(cluster.id, cluster.probe.maxConcurrent);
      const look = () =>
        new FactSource(
          { ...collectors, ...preset },
          {
            request,
            operation: context,
            read: clusters.session(cluster.id, 'read'),
            verify: clusters.session(cluster.id, 'verify'),
            signal: deadline.signal,
            remainingMs,
            tell,
            withProbeSlot: async work => {
              if (places.full) {
                await tell(
                  `Waiting for a free probe: ${cluster.id} runs at most ${cluster.probe.maxConcurrent} at once.`,
                );
              }
              const leave = await places.take(deadline.signal);
              return work().finally(leave);
            },
          },
        );
      const turn = turns.of(request.ref, {
        clock,
        deadline,
        remainingMs,
        intervalMs: probeInterval,
        tell,
      });
      try {
        let facts = look();
        while (request.probe === 'pod') {
          const kept = await findRecent(request, clock.now() - probeInterval);
          if (
            kept?.status === 'verified' &&
            kept.fingerprint &&
            kept.fingerprint === (await fingerprintOf(facts))
          ) {
            await tell(
              'Nothing has changed since a pod proved this identity less than a minute ago; that report is returned.',
            );
            for (const check of kept.checks) {
              await emit({ type: 'check', data: check });
            }
            return { ...kept, reused: true };
          }
          context.signal.throwIfAborted();
          if (!(await turn.await(facts))) break;
          // What was seen before the wait may not be so any more.
          facts = look();
        }

        const startedAt = clock.now();
        const checks: AnyCheck[] = [
          ...checksFor(request.permissionChecks),
          ...(options.additionalChecks ?? []).map(check =>
            adaptCheck(check, {
              entityRef: request.entityRef,
              signal: deadline.signal,
            }),
          ),
        ];
        const checkContext: CheckContext = {
          ref: request.ref,
          cluster,
          probe: request.probe,
          now: startedAt,
          changedAt: request.changedAt,
        };
        const results = await runChecks({
          checks,
          facts,
          context: checkContext,
          clock,
          docsUrl: anchor => docsUrlOf(options.docsBaseUrl, anchor),
          onResult: async result => {
            context.signal.throwIfAborted();
            await emit({ type: 'check', data: result });
          },
        });
        context.signal.throwIfAborted();
        const association = await facts.get('association');
        if (association.known) context.sawAssociation?.(association.value);
        const report = await buildReport(
          request,
          facts,
          checks,
          results,
          startedAt,
          clock.now(),
        );
        recent.remember(asked, report, probeInterval);
        return report;
      } finally {
        turn.leave();
        deadline.cancel();
      }
    },

    waitUntilEffective,
  };
}

async function buildReport(
  request: VerifyRequest,
  facts: FactSource,
  checks: readonly AnyCheck[],
  results: CheckResult[],
  startedAt: number,
  finishedAt: number,
): Promise<VerificationReport> {
  const neededBy = new Map(checks.map(check => [check.id, check.neededBy]));
  const [expected, podRun, admission, fingerprint] = await Promise.all([
    facts.get('expected'),
    facts.get('podRun'),
    facts.get('admission'),
    fingerprintOf(facts),
  ]);
  const run = valueOf(podRun);
  const caller =
    run?.identity.exitCode === 0
      ? parseCallerIdentity(run.identity.text)
      : undefined;
  const wanted = valueOf(expected);
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
    ...(caller ? { callerArn: caller.arn } : {}),
    ...(wanted?.effectiveRoleArn
      ? {
          expectedRoleArn: wanted.effectiveRoleArn,
          expectedRoleSource: wanted.source,
        }
      : {}),
    ...(waitedMs === undefined ? {} : { effectiveAfterMs: waitedMs }),
    ...(fingerprint ? { fingerprint } : {}),
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    checks: results,
    engineVersion: ENGINE_VERSION,
  };
}
