import type { EventInput, Sandbox } from 'eks-sandbox';
import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';

/** A secret of each session that is recorded; nothing of it may be kept. */
export const SESSION_TOKEN = 'IQoJb3JpZ2luX2VjSESSIONTOKENTHATISASECRET';

let count = 0;

/** An event that a pod obtained a role, as AWS records it, and one of a call with its keys. */
export function usedByPod(
  sandbox: Sandbox,
  ref: ServiceAccountRef,
  {
    roleArn,
    pod,
    uid = `uid-${pod}`,
    at,
    denied,
  }: {
    roleArn: string;
    pod: string;
    uid?: string;
    at: number;
    denied?: boolean;
  },
) {
  count += 1;
  const number = String(count).padStart(9, '0');
  const accessKeyId = `ASIAEXAMPLE${number}`;
  const session = `eks-${ref.cluster.slice(0, 10)}-${pod.slice(
    0,
    10,
  )}-0b0b1d3c-6c3e-4d1f-9a9f-${number}aaa`;
  const role = roleArn.split('/').pop();
  const tags = {
    'eks-cluster-arn': `arn:aws:eks:${sandbox.region}:${sandbox.accountId}:cluster/${ref.cluster}`,
    'eks-cluster-name': ref.cluster,
    'kubernetes-namespace': ref.namespace,
    'kubernetes-service-account': ref.serviceAccount,
    'kubernetes-pod-name': pod,
    'kubernetes-pod-uid': uid,
  };
  const events: EventInput[] = [
    {
      EventName: 'AssumeRole',
      EventSource: 'sts.amazonaws.com',
      EventTime: new Date(at).toISOString(),
      Resources: [{ ResourceType: 'AWS::IAM::Role', ResourceName: roleArn }],
      CloudTrailEvent: {
        userIdentity: {
          type: 'AWSService',
          invokedBy: 'pods.eks.amazonaws.com',
        },
        requestParameters: {
          roleArn,
          roleSessionName: session,
          tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        },
        responseElements: {
          credentials: { accessKeyId, sessionToken: SESSION_TOKEN },
        },
      },
    },
    {
      EventName: 'ListBuckets',
      EventSource: 's3.amazonaws.com',
      EventTime: new Date(at + 1000).toISOString(),
      AccessKeyId: accessKeyId,
      CloudTrailEvent: {
        userIdentity: {
          type: 'AssumedRole',
          arn: `arn:aws:sts::${sandbox.accountId}:assumed-role/${role}/${session}`,
          accessKeyId,
          sessionContext: { sessionIssuer: { type: 'Role', arn: roleArn } },
        },
        userAgent:
          'Boto3/1.35.10 md/Botocore#1.35.10 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12.5 m/z,N,Z,E,b Botocore/1.35.10',
        ...(denied
          ? {
              errorCode: 'AccessDenied',
              errorMessage: `User: arn:aws:sts::${sandbox.accountId}:assumed-role/${role}/${session} is not authorized to perform: s3:ListAllMyBuckets`,
            }
          : {}),
      },
    },
  ];
  for (const event of events) sandbox.aws.cloudTrail.putEvent(event);
}
