import { randomUUID } from 'crypto';
import pLimit from 'p-limit';
import {
  type CheckResult,
  type ServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityCheck } from 'backstage-plugin-eks-pod-identity-node';
import type { OperationContext } from '../lifecycle/types';
import { adaptCheck } from './additionalChecks';
import { canonicalJson } from './canonical';
import { docsUrlOf, type AnyCheck, type CheckContext } from './check';
import { checksFor } from './checks';
import { deadlineSignal } from './deadline';
import { ENGINE_VERSION } from './engineVersion';
import type { Collecting } from './facts/collecting';
import { collectors } from './facts/collectors';
import { valueOf } from './facts/fact';
import { FactSource } from './facts/source';
import { fingerprintOf } from './fingerprint';
import { parseCallerIdentity } from './probe/identity';
import { runChecks } from './runner';
import { proofOf, reportStatus } from './statusRules';
import type { Verification, VerifyRequest } from './types';
import { waitUntilEffective } from './waitUntilEffective';

/** Within this time after a success, an equal request gets the stored report. */
const REUSE_MS = 60_000;

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
  /** Refs among these whose names the asker may see, for suggestions; default: none. */
  mayRead?(
    refs: ServiceAccountRef[],
    context: OperationContext,
  ): Promise<ServiceAccountRef[]>;
}

/** What makes two requests ask the same. */
function requestKey(request: VerifyRequest): string {
  const { ref, probe, expectedRoleArn, permissionChecks } = request;
  return canonicalJson({ ref, probe, expectedRoleArn, permissionChecks });
}

/**
 * Makes the verification floor. Made once per process: the limit of probes a cluster and the reports that may be
 * reused live in it.
 */
export function createVerification(
  options: VerificationOptions = {},
): Verification {
  const slots = new Map<string, ReturnType<typeof pLimit>>();
  const recent = new Map<string, VerificationReport>();

  const slotsOf = (clusterId: string, maxConcurrent: number) => {
    const existing = slots.get(clusterId);
    if (existing) return existing;
    const made = pLimit(Math.max(1, maxConcurrent));
    slots.set(clusterId, made);
    return made;
  };

  const findRecent = async (
    request: VerifyRequest,
    since: Date,
  ): Promise<VerificationReport | undefined> => {
    if (options.findRecentReport) {
      return options.findRecentReport(request, since);
    }
    const kept = recent.get(requestKey(request));
    return kept && Date.parse(kept.finishedAt) >= since.getTime()
      ? kept
      : undefined;
  };

  const remember = (request: VerifyRequest, report: VerificationReport) => {
    if (report.status === 'verified') {
      recent.set(requestKey(request), report);
    } else {
      recent.delete(requestKey(request));
    }
    // The map must not grow with every ref ever verified.
    for (const [key, { finishedAt }] of recent) {
      if (Date.parse(report.finishedAt) - Date.parse(finishedAt) > REUSE_MS) {
        recent.delete(key);
      }
    }
  };

  return {
    async verify(asked, context, preset = {}) {
      const { clock, clusters, emit } = context;
      const cluster = clusters.get(asked.ref.cluster);
      const startedAt = clock.now();
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

      const deadline = deadlineSignal(
        clock,
        request.timeoutSeconds * 1000,
        context.signal,
      );
      try {
        const limit = slotsOf(cluster.id, cluster.probe.maxConcurrent);
        const facts = new FactSource(
          { ...collectors, ...preset },
          {
            request,
            operation: context,
            read: clusters.session(cluster.id, 'read'),
            verify: clusters.session(cluster.id, 'verify'),
            signal: deadline.signal,
            remainingMs: () =>
              startedAt + request.timeoutSeconds * 1000 - clock.now(),
            tell,
            withProbeSlot: async work => {
              if (limit.activeCount >= cluster.probe.maxConcurrent) {
                await tell(
                  `Waiting for a free probe: ${cluster.id} runs at most ${cluster.probe.maxConcurrent} at once.`,
                );
              }
              return limit(work);
            },
            mayRead: async refs =>
              (await options.mayRead?.(refs, context)) ?? [],
          },
        );

        if (request.probe === 'pod') {
          const kept = await findRecent(
            request,
            new Date(startedAt - REUSE_MS),
          );
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
        }

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
        const report = await buildReport(
          request,
          facts,
          checks,
          results,
          startedAt,
          clock.now(),
        );
        remember(asked, report);
        return report;
      } finally {
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
