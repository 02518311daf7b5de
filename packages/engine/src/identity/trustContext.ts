import { accountOfArn } from '../aws/arn';
import { ABSENT, ConditionContext, KeyValue } from '../iam/conditions';
import { POD_IDENTITY_SERVICE } from './trust';

/** Every pod of the probe has a name that begins like this. */
export const PROBE_NAME_PREFIX = 'eks-pod-identity-probe-';

/** The request that a trust policy is judged for. */
export interface TrustQuestion {
  clusterArn: string;
  clusterName: string;
  namespace: string;
  serviceAccount: string;
  /** False when the association has `disableSessionTags`: the request then carries no tags. */
  sessionTags: boolean;
  /** External id of the association, for a target role whose session carries no tags. */
  externalId?: string;
  /**
   * The role that assumes this one, for the trust of a **target** role. Without it the question is the first hop:
   * the service principal `pods.eks.amazonaws.com`.
   */
  sourceRoleArn?: string;
  /** One pod, or any probe; without it the question is about pods of whatever name. */
  pod?: { name: string; uid?: string } | 'probe';
  /** Wall time of the request, epoch milliseconds. */
  now?: number;
}

/** Tags whose value differs with every pod. */
const POD_NAME = 'kubernetes-pod-name';
const POD_UID = 'kubernetes-pod-uid';

/** Keys of conditions on a single pod, lower case. */
const POD_KEYS = [POD_NAME, POD_UID].flatMap(tag => [
  `aws:requesttag/${tag}`,
  `aws:principaltag/${tag}`,
]);

/** True for a condition key whose value differs with every pod. */
export function isOfOnePod(key: string): boolean {
  return POD_KEYS.includes(key);
}

/** True for a condition key that a request without session tags does not have. */
export function isOfSessionTags(key: string): boolean {
  return /^(aws:requesttag\/|aws:tagkeys$|sts:transitivetagkeys$)/.test(key);
}

/** What people call the tags; a person compares names, not keys. */
const NOUNS: Record<string, string> = {
  'eks-cluster-arn': 'cluster',
  'eks-cluster-name': 'cluster',
  'kubernetes-namespace': 'namespace',
  'kubernetes-service-account': 'service account',
  [POD_NAME]: 'pod',
};

function podTags(pod: TrustQuestion['pod']): Record<string, KeyValue> {
  if (pod === 'probe') {
    return {
      [POD_NAME]: { prefix: PROBE_NAME_PREFIX, fresh: true },
      [POD_UID]: { prefix: '', fresh: true },
    };
  }
  return {
    [POD_NAME]: pod?.name ?? { prefix: '' },
    [POD_UID]: pod?.uid ?? { prefix: '' },
  };
}

/** The six tags of a Pod Identity session. */
function sessionTags(question: TrustQuestion): Record<string, KeyValue> {
  return {
    'eks-cluster-arn': question.clusterArn,
    'eks-cluster-name': question.clusterName,
    'kubernetes-namespace': question.namespace,
    'kubernetes-service-account': question.serviceAccount,
    ...podTags(question.pod),
  };
}

/** What the service principal sends. Sources: docs/checks.md, "role.trust-policy". */
function firstHop(question: TrustQuestion): Record<string, KeyValue> {
  return {
    'aws:sourceaccount': accountOfArn(question.clusterArn),
    'aws:sourcearn': { likely: question.clusterArn },
    'aws:sourceorgid': {
      prefix: 'o-',
      sameAs: '${aws:resourceorgid}',
      likely: true,
    },
    'aws:principalisawsservice': { likely: 'true' },
    'aws:principalservicename': { likely: POD_IDENTITY_SERVICE },
    'aws:viaawsservice': { likely: 'false' },
    'sts:rolesessionname': { prefix: 'eks-' },
  };
}

/** What the session of the first role sends. */
function secondHop(
  question: TrustQuestion,
  sourceRoleArn: string,
  action: string,
): Record<string, KeyValue> {
  const tags = question.sessionTags
    ? Object.entries(sessionTags(question))
    : [];
  const keys: Record<string, KeyValue> = {
    'aws:principalarn': sourceRoleArn,
    'aws:principalaccount': accountOfArn(sourceRoleArn),
    'aws:principaltype': 'AssumedRole',
    'aws:principalisawsservice': 'false',
    // AWS: only a request that a service principal makes has these.
    'aws:principalservicename': ABSENT,
    'aws:sourceaccount': ABSENT,
    'aws:sourcearn': ABSENT,
    'aws:sourceorgid': ABSENT,
    ...Object.fromEntries(
      tags.map(([tag, value]) => [`aws:principaltag/${tag}`, value]),
    ),
  };
  // AWS sets it only where session tags are off, and it belongs to AssumeRole alone.
  if (action === 'sts:TagSession') keys['sts:externalid'] = ABSENT;
  else if (question.externalId && !question.sessionTags)
    keys['sts:externalid'] = question.externalId;
  return keys;
}

function timeOf(now: number | undefined): Record<string, KeyValue> {
  return now === undefined
    ? {}
    : {
        'aws:currenttime': new Date(now).toISOString(),
        'aws:epochtime': String(Math.floor(now / 1000)),
      };
}

/** What is known of the condition keys of one action's request. */
export function trustContext(
  question: TrustQuestion,
  action: string,
): ConditionContext {
  const tags = Object.entries(
    question.sessionTags ? sessionTags(question) : {},
  );
  const tagKeys: KeyValue = tags.length ? tags.map(([tag]) => tag) : ABSENT;
  const all: Record<string, KeyValue> = {
    ...Object.fromEntries(
      tags.map(([tag, value]) => [`aws:requesttag/${tag}`, value]),
    ),
    'aws:tagkeys': tagKeys,
    'sts:transitivetagkeys': tagKeys,
    'aws:securetransport': { likely: 'true' },
    ...timeOf(question.now),
    ...(question.sourceRoleArn
      ? secondHop(question, question.sourceRoleArn, action)
      : firstHop(question)),
  };
  const keys = new Map(Object.entries(all));
  return {
    noun: key => NOUNS[key.slice(key.indexOf('/') + 1)],
    // Pod Identity sends exactly six tags.
    get: key =>
      keys.get(key) ?? (key.startsWith('aws:requesttag/') ? ABSENT : undefined),
  };
}
