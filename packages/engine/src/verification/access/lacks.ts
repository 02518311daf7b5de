import { classifyAwsError } from '../../aws/classify';
import { nameOfArn } from '../../aws/arn';
import { isExplained } from '../../aws/errors';
import {
  isBroken,
  isKubernetesError,
  type KubernetesErrorKind,
  wrongClock,
} from '../../kubernetes/errors';
import { explainNoAnswer } from '../../network/noAnswer';
import type { ProxyTrouble } from '../../network/ProxyError';
import { type Voice, voiceOf, settingOf } from '../../text/voice';
import { fullStop as sentence } from '../../text/fullStop';
import type { Blocker } from '../framework/blocker';
import { busyLack } from '../framework/busyLack';
import type { Lack } from '../framework/fact';
import type { Fix } from '../framework/fix';
import {
  type AwsRight,
  type KubernetesRight,
  refusalOf,
} from '../framework/rights';
import { type RefusedSession, unknownRoleFix } from './unknownRole';
import { capitalised } from '../../text/capitalised';
import type { ClusterSession } from '../../clusters/types';

/** What to do about a Kubernetes API that does not answer. */
export function noAnswerFix(
  error: { kind: KubernetesErrorKind; reason?: string; proxy?: ProxyTrouble },
  voice: Voice,
): Fix {
  const { me } = voice;
  const { reason: code = '', proxy } = error;
  const explained = explainNoAnswer({ code, proxy }, 'Kubernetes', voice);
  if (explained && proxy) {
    return { cause: explained.cause, actions: [explained.action] };
  }
  if (error.kind === 'timeout') {
    return {
      cause:
        'Something on the way, or the API itself, takes the connection and does not answer.',
      actions: [
        `Check the proxies and firewalls between ${me} and the cluster, and the health of its control plane.`,
        `If it is only slow, raise ${settingOf(
          voice,
          'eksPodIdentity.timings.requestTimeout',
        )}.`,
      ],
    };
  }
  if (isBroken(error)) {
    return {
      cause:
        'Something on the way, or the API itself, closes the connection before its answer is complete.',
      actions: [
        'Verify again in a minute: API servers are replaced, and load balancers drained.',
        `If it stays so, check the proxies and load balancers between ${me} and the cluster.`,
      ],
    };
  }
  return {
    cause:
      explained?.cause ??
      `${capitalised(me)} has no network path to the API endpoint.`,
    actions: [
      ...(explained ? [explained.action] : []),
      `Check the endpoint's public access CIDRs, DNS and the firewalls between ${me} and the cluster.`,
      `For a private endpoint that cannot be reached, set ${settingOf(
        voice,
        'kubernetes.access: none',
      )} for this cluster.`,
    ],
  };
}

/** Lack for a failed read from AWS. */
export function lackOfAws(
  error: unknown,
  right: AwsRight,
  { cluster }: Pick<ClusterSession, 'cluster'>,
): Lack {
  return { via: 'aws', ...awsLack(error, right, voiceOf(cluster)) };
}

function awsLack(error: unknown, right: AwsRight, voice: Voice): Lack {
  const { me, my, host, credentials } = voice;
  const service = right.action.split(':')[0].toUpperCase();
  if (isExplained(error)) {
    return { kind: 'unreachable', sentence: sentence(error.message) };
  }
  const info = classifyAwsError(error);
  switch (info.kind) {
    case 'denied':
      return {
        kind: 'denied',
        sentence: `${capitalised(me)} is not allowed to call ${
          right.action
        } on ${right.resource}${
          info.layer && info.layer !== 'identity policy'
            ? ` (a ${info.layer} forbids it)`
            : ''
        }.`,
        aws: right,
      };
    case 'credentials':
      return {
        kind: 'unreachable',
        sentence: sentence(
          `AWS does not accept ${my} credentials: ${info.message}`,
        ),
        fix: {
          cause: `${capitalised(
            me,
          )} has no valid credentials for this account.`,
          actions: [
            `Check ${credentials}, the expiry of the credentials and the clock of ${host}.`,
          ],
        },
      };
    case 'throttled':
      return {
        kind: 'unreachable',
        sentence: `${service} is throttling ${my} calls (${info.code}).`,
        fix: {
          cause: 'The account has used up its calls to this API.',
          actions: ['Verify again in a minute.'],
        },
      };
    case 'aborted':
      // The run's deadline or an abort of the operation: the fact source reports it.
      throw error;
    case 'unreachable': {
      const { cause, action } = explainNoAnswer(info, 'AWS', voice) ?? {
        cause: `${capitalised(
          me,
        )} cannot reach this AWS endpoint, or it is slow.`,
        action: `Check the network, the proxy and AWS_ENDPOINT_URL settings of ${me}, then verify again.`,
      };
      return {
        kind: 'unreachable',
        sentence: sentence(`${service} did not answer: ${info.message}`),
        fix: { cause, actions: [action] },
      };
    }
    default:
      return {
        kind: 'unreachable',
        sentence: sentence(
          `${right.action} was answered with ${info.code}: ${info.message}`,
        ),
      };
  }
}

/** Lack for a failed read from Kubernetes. */
export function lackOfKubernetes(
  error: unknown,
  right: KubernetesRight,
  session: RefusedSession,
): Lack {
  return {
    via: 'kubernetes',
    ...kubernetesLack(error, { ...right, role: session.role }, session),
  };
}

function kubernetesLack(
  error: unknown,
  right: KubernetesRight,
  session: RefusedSession,
): Lack {
  const voice = voiceOf(session.cluster);
  const { me, my } = voice;
  if (isExplained(error)) {
    return { kind: 'unreachable', sentence: sentence(error.message) };
  }
  if (isKubernetesError(error, 'forbidden')) {
    return {
      kind: 'denied',
      sentence: `${refusalOf(right, voice)}.`,
      kubernetes: right,
    };
  }
  if (isKubernetesError(error, 'unauthorized')) {
    return {
      kind: 'unreachable',
      sentence: sentence(
        error.aheadMs === undefined
          ? `The cluster does not know ${my} role${
              session.arn ? ` ${nameOfArn(session.arn)}` : ''
            } (401): ${error.message}`
          : `The cluster refuses ${my} token (401). ${wrongClock(
              error.aheadMs,
              voice,
            )}`,
      ),
      unauthorized: true,
      fix: unknownRoleFix(error, session),
    };
  }
  if (isKubernetesError(error, 'aborted')) throw error;
  if (isKubernetesError(error, 'throttled')) return busyLack(error);
  if (isKubernetesError(error, 'unreachable', 'timeout')) {
    return {
      kind: 'unreachable',
      sentence: sentence(
        `The cluster's Kubernetes API did not answer: ${error.message}`,
      ),
      unreached: true,
      fix: noAnswerFix(error, voice),
    };
  }
  if (isKubernetesError(error, 'too-long')) {
    return {
      kind: 'unreachable',
      sentence: sentence(capitalised(error.message)),
    };
  }
  if (!isKubernetesError(error)) {
    // Signing the token needs AWS credentials and the right time.
    const info = classifyAwsError(error);
    if (info.kind === 'aborted') throw error;
    if (info.kind === 'denied') {
      const action = info.action ?? 'eks:DescribeCluster';
      return {
        kind: 'denied',
        sentence: `The Kubernetes API cannot be reached, because ${me} is not allowed to call ${action}.`,
        aws: { action, resource: info.resource ?? '*' },
      };
    }
    return {
      kind: 'unreachable',
      sentence: sentence(
        `No token for the Kubernetes API could be made: ${info.message}`,
      ),
    };
  }
  return {
    kind: 'unreachable',
    sentence: sentence(
      `Kubernetes answered "${right.verb} ${right.resource}" with ${
        error.status ?? error.kind
      }: ${error.message}`,
    ),
  };
}

/** A probe that could not run, as a lack. */
export function lackOfBlocker(blocker: Blocker): Lack {
  if (blocker.right) {
    return {
      kind: 'denied',
      via: 'kubernetes',
      sentence: blocker.sentence,
      kubernetes: blocker.right,
      blocker: blocker.reason,
    };
  }
  return {
    kind: 'blocked',
    ...(blocker.reason === 'unreachable' ? { via: 'kubernetes' } : {}),
    sentence: blocker.sentence,
    blocker: blocker.reason,
    pods: blocker.pods,
    missing: blocker.missing,
    fix: blocker.fix,
  };
}
