import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { gatePolling } from '../../async/polling';
import type { OperationContext } from '../../operationContext';
import { noKubernetes } from '../access/askKubernetes';
import { lackOfKubernetes } from '../access/lacks';
import {
  type GateOutcome,
  type GateRoad,
  waitForInjection,
} from '../probe/gate';
import { probePod } from '../probe/podSpec';
import { podWebhooks, withNames } from '../probe/webhookTrouble';
import type { GateResult } from '../../lifecycle/gate';
import { fullStop } from '../../text/fullStop';
import { sentence } from '../framework/redactReport';
import type { PodWebhook } from '../framework/blocker';
import { voiceOf } from '../../text/voice';

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function sentenceOf(
  outcome: GateOutcome,
  road: GateRoad,
): Pick<GateResult, 'effective' | 'message'> {
  const { afterMs, addresses } = outcome;
  const it = road === 'irsa' ? 'the role of IRSA' : 'the identity';
  switch (outcome.kind) {
    case 'effective':
      return {
        effective: 'yes',
        message: addresses
          ? `New pods receive ${it} from every API server (${addresses} ${
              addresses === 1 ? 'address' : 'addresses'
            } asked, three times in a row), after ${seconds(afterMs)}.`
          : `New pods receive ${it} from every API server to which the proxy led, after ${seconds(
              afterMs,
            )}.`,
      };
    case 'not-effective':
      return {
        effective: 'no',
        message:
          outcome.injected > 0
            ? `After ${seconds(afterMs)} only ${outcome.injected} of ${
                outcome.asked
              } ${
                addresses ? 'API servers' : 'connections by the proxy'
              } give new pods ${it}; pods created now may lack it.`
            : `After ${seconds(afterMs)} new pods still do not receive ${it}${
                road === 'irsa'
                  ? ''
                  : ` (${outcome.missing.join(', ')} missing)`
              }; pods created now will lack it.`,
      };
    case 'refused':
      return {
        effective: 'unknown',
        message: [
          `Whether new pods receive ${it} cannot be told:`,
          fullStop(outcome.blocker.sentence),
          ...(outcome.blocker.fix?.actions.slice(0, 1) ?? []),
        ].join(' '),
      };
    default:
      return {
        effective: 'unknown',
        message: `Whether new pods receive ${it} cannot be told, as the cluster's Kubernetes API gave no usable answer within ${seconds(
          afterMs,
        )}: ${outcome.message}`,
      };
  }
}

async function readWebhooks(
  { cluster, namespace }: ServiceAccountRef,
  { clusters, signal }: OperationContext,
): Promise<PodWebhook[]> {
  const read = await clusters.session(cluster, 'read').kubernetes({ signal });
  const found = await read.readNamespace(namespace, { signal });
  return podWebhooks(read, found?.metadata?.labels ?? {}, signal);
}

/**
 * The effectiveness gate alone: dry-runs a pod until every address of the API endpoint injects, three rounds in a row. Returns `no` at the deadline; that is not an error.
 *
 * @throws the signal's reason when the operation was aborted
 */
export async function waitUntilEffective(
  ref: ServiceAccountRef,
  {
    deadlineMs,
    road = 'pod-identity',
  }: { deadlineMs: number; road?: GateRoad },
  context: OperationContext,
): Promise<GateResult> {
  const { clock, config, signal } = context;
  const session = context.clusters.session(ref.cluster, 'verify');
  const { cluster } = session;
  const unknown = (message: string): GateResult => ({
    effective: 'unknown',
    message: sentence(
      `Whether new pods receive ${
        road === 'irsa' ? 'the role of IRSA' : 'the identity'
      } cannot be told. ${message}`,
    ),
    afterMs: 0,
    attempts: 0,
  });
  if (cluster.kubernetes.access === 'none') {
    return unknown(noKubernetes(cluster).sentence);
  }
  let kubernetes;
  try {
    kubernetes = await session.kubernetes({ signal });
  } catch (error) {
    signal.throwIfAborted();
    return unknown(
      lackOfKubernetes(
        error,
        { verb: 'create', resource: 'pods', namespace: ref.namespace },
        { cluster, role: session.role },
      ).sentence,
    );
  }
  const outcome = await waitForInjection(
    {
      kubernetes,
      clock,
      voice: voiceOf(cluster),
      signal,
      namespace: ref.namespace,
      serviceAccount: ref.serviceAccount,
      pod: () =>
        probePod({
          ref,
          probe: cluster.probe,
          portalId: config.portalId,
          placement: {},
          deadlineSeconds: 30,
          now: clock.now(),
          graceSeconds: 0,
          permissionChecks: [],
        }),
    },
    {
      deadlineMs,
      road,
      polling: gatePolling(config.timings),
      onWaiting: message =>
        context.emit({
          type: 'log',
          data: { level: 'info', message: sentence(message) },
        }),
    },
  );
  const { effective, message } = sentenceOf(
    outcome.kind === 'refused'
      ? {
          ...outcome,
          blocker: await withNames(outcome.blocker, () =>
            readWebhooks(ref, context),
          ),
        }
      : outcome,
    road,
  );
  return {
    effective,
    message: sentence(message),
    afterMs: outcome.afterMs,
    attempts: outcome.attempts,
  };
}
