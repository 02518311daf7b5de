import type {
  CoreV1Event,
  V1ContainerStatus,
  V1Pod,
} from '../../kubernetes/objects';
import { foreign, type ForeignText } from '../../text/foreign';
import { fullStop } from '../../text/fullStop';
import { clusterSettingOf, settingOf, type Voice } from '../../text/voice';
import type { Blocker } from '../framework/blocker';
import { MEMORY_OF_CLI } from './defaultResources';
import type { Autoscaling } from './autoscaling';
import { type Placed, placementFix } from './placement';
import { CANNOT_MAKE, CANNOT_PULL, statuses, unscheduled } from './podState';

export const PROBE_CONTAINER = 'probe';

/** `: text.` or just `.`. */
const because = (text: string | ForeignText | undefined) => {
  const words = foreign(text);
  return words ? `: ${fullStop(words)}` : '.';
};

/** The words of the kubelet without the image, which they hold up to five times. */
function aboutIt(message: ForeignText | undefined, image: string): string {
  const it = '\u0000';
  return foreign(message)
    .replaceAll(`"${image}"`, it)
    .replaceAll(image, it)
    .replace(/^Back-off pulling image \0(: |$)/, '')
    .replaceAll(`image ${it}`, 'the image')
    .replaceAll(`reference ${it}`, 'its reference')
    .replaceAll(`${it}: `, '')
    .replaceAll(it, 'the image');
}

function imageBlocker(
  status: V1ContainerStatus,
  voice: Voice,
): Blocker | undefined {
  const { reason, message } = status.state?.waiting ?? {};
  if (!reason || !CANNOT_PULL.test(reason)) return undefined;
  const image = status.image || 'its image';
  return {
    reason: 'image-pull',
    sentence: `The node could not pull ${image} (${reason})${because(
      aboutIt(message, image),
    )}`,
    fix: {
      cause:
        'The cluster cannot reach the registry, or is not allowed to read from it. Private clusters cannot reach public ECR.',
      actions: [
        `Mirror the probe image into a registry the nodes can reach and name it in ${clusterSettingOf(
          voice,
          'probe.image',
        )}.`,
        `If the registry needs a login, name the secret in ${settingOf(
          voice,
          'probe.imagePullSecrets',
        )}.`,
      ],
      snippet: {
        language: 'yaml',
        // A mirror keeps path, tag and digest.
        text: `probe:\n  image: ${
          status.image?.replace(/^[^/]+(?=\/)/, '<your registry>') ||
          '<your registry>/aws-cli'
        }`,
      },
    },
  };
}

function configBlocker(status: V1ContainerStatus): Blocker | undefined {
  const { reason, message } = status.state?.waiting ?? {};
  if (!reason || !CANNOT_MAKE.test(reason)) return undefined;
  return {
    reason: 'container-config',
    sentence: `The container ${
      status.name
    } could not be started (${reason})${because(message)}`,
  };
}

/**
 * A lasting obstacle, so that waiting is pointless: the image cannot be pulled, or the container cannot be created. A
 * pod without a node may still get one (Karpenter, Auto Mode).
 */
export function hopeless(pod: V1Pod, voice: Voice): Blocker | undefined {
  for (const status of statuses(pod)) {
    // The kubelet retries ErrImagePull at once; only the back-off shows repeated failures.
    const waiting = status.state?.waiting?.reason;
    const blocker = imageBlocker(status, voice) ?? configBlocker(status);
    if (blocker && waiting !== 'ErrImagePull') return blocker;
  }
  return undefined;
}

/** The pod ended without the probe's container having written an answer. */
export function explainEnd(pod: V1Pod, voice: Voice): Blocker {
  const { reason, message } = pod.status ?? {};
  if (
    reason === 'Evicted' ||
    reason === 'Preempting' ||
    reason === 'NodeLost'
  ) {
    return {
      reason: 'evicted',
      sentence: `The node evicted the probe pod${because(message)}`,
    };
  }
  if (reason === 'DeadlineExceeded') {
    return {
      reason: 'hung',
      sentence: `The probe pod did not finish within its deadline and was stopped by Kubernetes.`,
    };
  }
  const terminated = pod.status?.containerStatuses?.find(
    status => status.name === PROBE_CONTAINER,
  )?.state?.terminated;
  if (terminated?.reason === 'OOMKilled') {
    return {
      reason: 'killed',
      sentence: `The probe pod was killed because it ran out of memory.`,
      fix: {
        cause: 'The memory limit of the probe is too small for the AWS CLI.',
        actions: [
          `Raise the memory limit in ${clusterSettingOf(
            voice,
            'probe.resources',
          )} to ${MEMORY_OF_CLI} or more.`,
        ],
      },
    };
  }
  if (
    terminated?.reason === 'ContainerCannotRun' ||
    terminated?.exitCode === 128
  ) {
    return {
      reason: 'container-config',
      sentence: `The probe's container could not be run${because(
        terminated.message,
      )}`,
      fix: {
        cause: 'The image lacks /bin/bash, or does not fit the node.',
        actions: [
          'Use the image public.ecr.aws/aws-cli/aws-cli, or one with bash, head, base64 and aws.',
        ],
      },
    };
  }
  return {
    reason: 'no-answer',
    sentence: `The probe pod ended without an answer${
      terminated ? ` (exit code ${terminated.exitCode})` : ''
    }${because(terminated?.message ?? message)}`,
  };
}

const TELLING_EVENTS = new Set([
  'FailedScheduling',
  'FailedMount',
  'FailedAttachVolume',
  'FailedCreatePodSandBox',
  'Failed',
  'BackOff',
  'NotTriggerScaleUp',
  'FailedToScaleUp',
  'InspectFailed',
]);

function latestTelling(
  events: readonly CoreV1Event[],
): CoreV1Event | undefined {
  const time = (event: CoreV1Event) =>
    new Date(
      event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? 0,
    ).getTime();
  return [...events]
    .filter(event => TELLING_EVENTS.has(event.reason ?? ''))
    .sort((a, b) => time(b) - time(a))[0];
}

/** Waiting for the probe ended before it answered: explains the delay in the words of Kubernetes. */
export function explainPending(
  pod: V1Pod,
  events: readonly CoreV1Event[],
  waitedMs: number,
  voice: Voice,
  known: { like?: Placed; autoscaling?: Autoscaling } = {},
): Blocker {
  const seconds = Math.round(waitedMs / 1000);
  for (const status of statuses(pod)) {
    const blocker = imageBlocker(status, voice) ?? configBlocker(status);
    if (blocker) return blocker;
  }
  const scheduling = unscheduled(pod);
  const event = latestTelling(events);
  if (scheduling !== undefined) {
    return {
      reason: 'unschedulable',
      sentence: `No node took the probe pod within ${seconds} s${because(
        scheduling || event?.message,
      )}`,
      fix: placementFix(
        scheduling || foreign(event?.message),
        pod.metadata?.namespace ?? '<namespace>',
        voice,
        known,
      ),
    };
  }
  const running = pod.status?.containerStatuses?.find(
    status => status.name === PROBE_CONTAINER,
  )?.state?.running;
  if (running) {
    return {
      reason: 'hung',
      sentence: `The probe pod was still running after ${seconds} s without an answer.`,
      fix: {
        cause: 'A command in the pod hangs, mostly on the network.',
        actions: [
          'Check NetworkPolicies, proxies and the way from the node to AWS, then verify again.',
        ],
      },
    };
  }
  const init = pod.status?.initContainerStatuses?.find(
    status => !status.state?.terminated,
  );
  if (init) {
    return {
      reason: 'start-failed',
      sentence: `The probe pod waited ${seconds} s for the init container ${init.name}, which the cluster adds to every pod.`,
    };
  }
  return {
    reason: 'start-failed',
    sentence: `The probe pod did not start within ${seconds} s${because(
      event?.message,
    )}`,
  };
}
