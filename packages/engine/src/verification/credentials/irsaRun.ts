import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from '../../aws/arn';
import { IRSA_AUDIENCE } from '../../identity/webIdentityStatement';
import type { V1Pod } from '../../kubernetes/objects';
import type { OperationContext } from '../../operationContext';
import { foreign } from '../../text/foreign';
import { voiceOf } from '../../text/voice';
import { noKubernetes } from '../access/askKubernetes';
import { sentence } from '../framework/redactReport';
import { placementOf, probePod } from '../probe/podSpec';
import { runProbe } from '../probe/run';
import { parseCallerIdentity } from './callerIdentity';

/** What a pod that asks by IRSA is to prove. @public */
export interface IrsaQuestion {
  roleArn: string;
  /** Of its token; default: that of STS. */
  audience?: string;
  /** It runs where this pod does. */
  like?: V1Pod;
}

/** What came of it. @public */
export interface IrsaAnswer {
  /** `unknown`: no pod could ask. */
  proven: 'yes' | 'no' | 'unknown';
  /** One sentence. */
  message: string;
}

/**
 * Runs a pod under a service account that obtains a role by IRSA with a token of its own, whatever association the service
 * account has.
 */
export async function proveIrsa(
  ref: ServiceAccountRef,
  { roleArn, audience = IRSA_AUDIENCE, like }: IrsaQuestion,
  { clock, clusters, config, emit, signal }: OperationContext,
): Promise<IrsaAnswer> {
  const session = clusters.session(ref.cluster, 'verify');
  const { cluster } = session;
  if (cluster.kubernetes.access === 'none') {
    return { proven: 'unknown', message: noKubernetes(cluster).sentence };
  }
  const { gateMaxPause, gateMinPause, probeDeadline } = config.timings;
  const tell = (message: string, level: 'info' | 'warn' = 'info') =>
    emit({ type: 'log', data: { level, message: sentence(message) } });
  const run = await runProbe({
    kubernetes: await session.kubernetes({ signal }),
    clock,
    voice: voiceOf(cluster),
    signal,
    namespace: ref.namespace,
    serviceAccount: ref.serviceAccount,
    isByOwnToken: true,
    pod: () =>
      probePod({
        ref,
        probe: { ...cluster.probe, checkImds: false },
        portalId: config.portalId,
        placement: placementOf(like),
        deadlineSeconds: Math.ceil(probeDeadline / 1_000),
        now: clock.now(),
        graceSeconds: 0,
        permissionChecks: [],
        irsa: { roleArn, region: cluster.region, audience },
      }),
    deadlineMs: probeDeadline,
    polling: { first: gateMinPause, soon: gateMaxPause, later: gateMaxPause },
    onProgress: message => tell(message),
    onLeftover: (podName, why) =>
      tell(
        `The probe pod ${ref.namespace}/${podName} could not be deleted (${why}); it ends on its own and a sweep deletes it later.`,
        'warn',
      ),
  });
  if (run.kind === 'blocked') {
    return { proven: 'unknown', message: sentence(run.blocker.sentence) };
  }
  const { exitCode, text } = run.run.identity;
  const caller = exitCode === 0 ? parseCallerIdentity(text) : undefined;
  if (caller?.roleName === nameOfArn(roleArn)) {
    return {
      proven: 'yes',
      message: `A test pod obtained the role by IRSA as ${caller.arn}.`,
    };
  }
  return {
    proven: 'no',
    message: sentence(
      caller
        ? `By IRSA a test pod is ${caller.arn}, and not role ${roleArn}.`
        : `A test pod did not obtain the role by IRSA: ${foreign(text)}`,
    ),
  };
}
