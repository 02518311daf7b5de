import type { PolicyDocument } from '../policy/document';
import { Asker, decide } from '../policy/evaluate';
import { RequestContext } from '../policy/match';
import { sessionTagKeys } from '../sts/sessionTagKeys';

/** The service principal of Pod Identity, which is also the audience of a pod's token. */
export const PODS_SERVICE = 'pods.eks.amazonaws.com';

/** A pod that asks for the role of its association. */
export interface AskingPod {
  clusterArn: string;
  clusterName: string;
  namespace: string;
  serviceAccount: string;
  podName: string;
  podUid: string;
}

/** The six tags of a Pod Identity session ("Grant Pods access to AWS resources based on tags", EKS User Guide). */
export function podIdentityTags(pod: AskingPod): Record<string, string> {
  return {
    'eks-cluster-arn': pod.clusterArn,
    'eks-cluster-name': pod.clusterName,
    'kubernetes-namespace': pod.namespace,
    'kubernetes-service-account': pod.serviceAccount,
    'kubernetes-pod-name': pod.podName,
    'kubernetes-pod-uid': pod.podUid,
  };
}

/**
 * Condition keys of the request that the service makes for its first hop. `aws:SourceAccount` was seen on a real
 * cluster, `aws:SourceOrgId` is in the EKS Best Practices Guide, and `aws:SourceArn` is likely the cluster's; the other
 * keys are those of every request by a service ("AWS global condition context keys", IAM User Guide).
 */
export function serviceContext(
  clusterArn: string,
  tags: Record<string, string>,
  sessionName: string,
): RequestContext {
  const now = Date.now();
  return new RequestContext({
    ...sessionTagKeys(tags, Object.keys(tags)),
    'sts:RoleSessionName': sessionName,
    'aws:SourceAccount': clusterArn.split(':')[4],
    'aws:SourceArn': clusterArn,
    'aws:SourceOrgId': 'o-sandbox0001',
    'aws:ResourceOrgId': 'o-sandbox0001',
    'aws:PrincipalIsAWSService': 'true',
    'aws:PrincipalServiceName': PODS_SERVICE,
    'aws:ViaAWSService': 'false',
    'aws:SecureTransport': 'true',
    'aws:CurrentTime': new Date(now).toISOString(),
    'aws:EpochTime': String(Math.floor(now / 1000)),
  });
}

/** The actions that a session needs: tags have an action of their own. */
export function sessionActions(tags: Record<string, string>) {
  return Object.keys(tags).length > 0
    ? (['sts:AssumeRole', 'sts:TagSession'] as const)
    : (['sts:AssumeRole'] as const);
}

/** The first role of a chain, which goes on to a target role. */
export interface SourceRole {
  arn: string;
  roleId: string;
  /** Of the association; EKS sends it where session tags are off. */
  externalId?: string;
}

function askerOf(source: SourceRole | undefined): Asker {
  if (!source) return { kind: 'service', service: PODS_SERVICE };
  const [, partition, , , accountId] = source.arn.split(':');
  const name = source.arn.split('/').pop();
  return {
    kind: 'aws',
    accountId,
    arn: `arn:${partition}:sts::${accountId}:assumed-role/${name}/eks-session`,
    principalArn: source.arn,
    uniqueId: source.roleId,
  };
}

function contextOf(
  source: SourceRole | undefined,
  clusterArn: string,
  tags: Record<string, string>,
): RequestContext {
  const service = serviceContext(clusterArn, tags, 'eks-session');
  return source
    ? new RequestContext({
        ...sessionTagKeys(tags, Object.keys(tags)),
        'aws:CurrentTime': service.get('aws:CurrentTime'),
        'aws:PrincipalArn': source.arn,
        'aws:PrincipalAccount': source.arn.split(':')[4],
        'aws:PrincipalType': 'AssumedRole',
        'aws:PrincipalIsAWSService': 'false',
        'aws:SecureTransport': 'true',
        ...Object.fromEntries(
          Object.entries(tags).map(([tag, value]) => [
            `aws:PrincipalTag/${tag}`,
            value,
          ]),
        ),
      })
    : service;
}

const EVERYTHING: PolicyDocument = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
};

/**
 * Whether a trust policy lets a pod's request in: the decision that the sandbox takes, without a sandbox.
 *
 * @param roleArn - the role whose policy it is
 */
export function trustAllows(
  document: PolicyDocument,
  roleArn: string,
  request: { pod: AskingPod; sessionTags: boolean; source?: SourceRole },
): boolean {
  const { pod, source } = request;
  const tags = request.sessionTags ? podIdentityTags(pod) : {};
  const context = contextOf(source, pod.clusterArn, tags);
  return sessionActions(tags).every(
    action =>
      decide(
        {
          identity: source ? [EVERYTHING] : [],
          resource: { document, accountId: roleArn.split(':')[4] },
          resourceMustAllow: true,
        },
        {
          action,
          resource: roleArn,
          context:
            source?.externalId &&
            action === 'sts:AssumeRole' &&
            !request.sessionTags
              ? context.with({ 'sts:ExternalId': source.externalId })
              : context,
          asker: askerOf(source),
        },
      ).allowed,
  );
}
