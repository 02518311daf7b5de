import { ConflictError } from '@backstage/errors';
import {
  type ServiceAccountRef,
  SPREAD_MS,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { retryUntil } from '../../async/retry';
import type {
  Verification,
  VerifyContext,
} from '../../verification/run/verification';

/** Long enough for the image of the pod, the gate and a node that is made for it. */
const POD_SECONDS = 300;

/** What a run says that did not prove the identity: the finding that decides, in one sentence. */
function lackOf({ checks, status }: VerificationReport): string {
  const found =
    checks.find(one => one.status === 'fail') ??
    checks.find(one => one.status === 'unknown');
  return found?.message ?? `The verification ended with "${status}".`;
}

/**
 * Runs a pod under a service account until it obtains the role by Pod Identity. AWS may refuse a new association for some
 * minutes.
 *
 * @param ref - of the service account under which it runs, which has an association
 * @throws ConflictError with what the last pod found
 */
export async function proveByPod(
  ref: ServiceAccountRef,
  {
    context,
    entityRef,
    expectedRoleArn,
    verification,
  }: {
    context: VerifyContext;
    entityRef?: string;
    expectedRoleArn: string;
    verification: Verification;
  },
): Promise<string> {
  const { clock, config, signal } = context;
  const pause = 16 * config.timings.retryPause;
  let lack = '';
  const proven = await retryUntil(
    clock,
    {
      deadlineMs: SPREAD_MS,
      polling: { first: pause, soon: pause, later: pause },
      signal,
    },
    async () => {
      const report = await verification.verify(
        {
          ref,
          entityRef,
          trigger: 'action',
          probe: 'pod',
          expectedRoleArn,
          permissionChecks: [],
          timeoutSeconds: POD_SECONDS,
          changedAt: clock.now(),
        },
        {
          ...context,
          // It may be of another service account
          sawAssociation: undefined,
          sawFacts: undefined,
          // Its checks are those of the test pod, not of the operation
          emit: async event => {
            if (event.type === 'log') await context.emit(event);
          },
        },
      );
      if (report.way === 'proven' && report.proof === 'credentials') {
        return report.callerArn ?? expectedRoleArn;
      }
      lack = lackOf(report);
      return undefined;
    },
  );
  if (!proven) throw new ConflictError(lack);
  return `A test pod obtained the role as ${proven}`;
}
