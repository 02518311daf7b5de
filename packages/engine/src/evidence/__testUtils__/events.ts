/** Records as AWS sends them in `CloudTrailEvent` of LookupEvents. */

const ACCOUNT = '111122223333';
export const CLUSTER_ARN = `arn:aws:eks:eu-west-1:${ACCOUNT}:cluster/payments-prod`;
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/payments-api`;
export const ISSUER =
  'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE';
/** No part of what is kept. */
export const TOKEN = 'IQoJb3JpZ2luX2VjSESSIONTOKENTHATISASECRET';

export const USER_AGENTS = {
  boto3:
    'Boto3/1.35.10 md/Botocore#1.35.10 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12.5 md/pyimpl#CPython m/z,N,Z,E,b cfg/retry-mode#legacy Botocore/1.35.10',
  oldBoto3:
    'Boto3/1.28.57 md/Botocore#1.31.57 ua/2.0 os/linux#5.10 md/arch#x86_64 lang/python#3.9.18 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.31.57',
  javaAsNode:
    'aws-sdk-java/2.57.8 md/io#sync md/http#Apache ua/2.1 api/STS#2.57.x os/Linux#6.1 lang/java#21.0.4 md/OpenJDK_64-Bit_Server_VM#21.0.4 m/D,AK,N,0',
  goByIrsa:
    'aws-sdk-go-v2/1.32.0 ua/2.1 os/linux lang/go#1.23.1 md/GOOS#linux md/GOARCH#amd64 api/sts#1.32.0 m/h',
  agent:
    'aws-sdk-go-v2/1.24.0 os/linux lang/go#1.21.5 md/GOOS#linux md/GOARCH#amd64 api/eksauth#1.0.2',
};

let count = 0;

/** `ASIA…`: unique. */
export function keyId(): string {
  count += 1;
  return `ASIAEXAMPLE${String(count).padStart(9, '0')}`;
}

export function record(rest: Record<string, unknown>): string {
  count += 1;
  return JSON.stringify({
    eventVersion: '1.08',
    userIdentity: {},
    eventTime: '2026-01-01T10:42:00Z',
    eventSource: 'sts.amazonaws.com',
    eventName: 'AssumeRole',
    awsRegion: 'eu-west-1',
    sourceIPAddress: 'pods.eks.amazonaws.com',
    requestID: 'b0a0b0c0-1111-4222-8333-444455556666',
    eventID: `${String(count).padStart(8, '0')}-1a2b-4c3d-8e4f-5a6b7c8d9e0f`,
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    ...rest,
  });
}

export interface Assumed {
  at?: string;
  pod?: string;
  uid?: string;
  namespace?: string;
  serviceAccount?: string;
  clusterArn?: string;
  roleArn?: string;
  key?: string;
  tagless?: boolean;
  error?: { errorCode: string; errorMessage: string };
}

/** `AssumeRole` by EKS for a pod, as the agent has asked for it. */
export function assumedByPod({
  at = '2026-01-01T10:42:00Z',
  pod = 'payments-api-7d9f8b6c5-x2x4z',
  uid = 'uid-1',
  namespace = 'payments',
  serviceAccount = 'api',
  clusterArn = CLUSTER_ARN,
  roleArn = ROLE_ARN,
  key = keyId(),
  tagless = false,
  error,
}: Assumed = {}): string {
  const cluster = clusterArn.split('/')[1];
  const session = `eks-${cluster.slice(0, 10)}-${pod.slice(
    0,
    10,
  )}-0b0b1d3c-6c3e-4d1f-9a9f-3f2f5f7d8c21`;
  const tags = {
    'eks-cluster-arn': clusterArn,
    'eks-cluster-name': cluster,
    'kubernetes-namespace': namespace,
    'kubernetes-service-account': serviceAccount,
    'kubernetes-pod-name': pod,
    'kubernetes-pod-uid': uid,
  };
  const role = roleArn.split('/').pop();
  return record({
    eventTime: at,
    userIdentity: {
      type: 'AWSService',
      invokedBy: 'pods.eks.amazonaws.com',
    },
    userAgent: 'pods.eks.amazonaws.com',
    requestParameters: {
      roleArn,
      roleSessionName: session,
      durationSeconds: 21600,
      ...(tagless
        ? {}
        : {
            tags: Object.entries(tags).map(([name, value]) => ({
              key: name,
              value,
            })),
            transitiveTagKeys: Object.keys(tags),
          }),
    },
    responseElements: error
      ? null
      : {
          credentials: {
            accessKeyId: key,
            sessionToken: TOKEN,
            expiration: 'Jan 1, 2026, 4:42:00 PM',
          },
          assumedRoleUser: {
            assumedRoleId: `AROAEXAMPLE:${session}`,
            arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
          },
          packedPolicySize: 41,
        },
    ...error,
  });
}

/** `AssumeRoleWithWebIdentity` by a program in a pod. */
export function assumedByIrsa({
  at = '2026-01-01T10:42:00Z',
  subject = 'system:serviceaccount:payments:api',
  issuer = ISSUER,
  userAgent = USER_AGENTS.goByIrsa,
  roleArn = ROLE_ARN,
} = {}): string {
  const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}`;
  return record({
    eventTime: at,
    eventName: 'AssumeRoleWithWebIdentity',
    userIdentity: {
      type: 'WebIdentityUser',
      principalId: `${provider}:sts.amazonaws.com:${subject}`,
      userName: subject,
      identityProvider: provider,
    },
    userAgent,
    sourceIPAddress: '203.0.113.7',
    requestParameters: { roleArn, roleSessionName: '1730000000000000000' },
    responseElements: {
      credentials: { accessKeyId: keyId(), sessionToken: TOKEN },
      subjectFromWebIdentityToken: subject,
      provider,
      audience: 'sts.amazonaws.com',
    },
  });
}

/** A call by a session of a role. */
export function called({
  at = '2026-01-01T10:43:00Z',
  service = 's3.amazonaws.com',
  name = 'ListBuckets',
  key = keyId(),
  roleArn = ROLE_ARN,
  session = 'eks-payments-p-payments-a-0b0b1d3c-6c3e-4d1f-9a9f-3f2f5f7d8c21',
  userAgent = USER_AGENTS.boto3,
  error,
}: {
  at?: string;
  service?: string;
  name?: string;
  key?: string;
  roleArn?: string;
  session?: string;
  userAgent?: string;
  error?: { errorCode: string; errorMessage: string };
} = {}): string {
  return record({
    eventTime: at,
    eventSource: service,
    eventName: name,
    userAgent: `[${userAgent}]`,
    sourceIPAddress: '203.0.113.7',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAEXAMPLE:${session}`,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleArn
        .split('/')
        .pop()}/${session}`,
      accountId: ACCOUNT,
      accessKeyId: key,
      sessionContext: {
        sessionIssuer: { type: 'Role', arn: roleArn, accountId: ACCOUNT },
        attributes: { mfaAuthenticated: 'false' },
      },
    },
    requestParameters: null,
    responseElements: null,
    ...error,
  });
}

/** A call of an IAM user, by a key that stays. */
export function calledByUser({
  at = '2026-01-01T10:43:00Z',
  key = 'AKIAEXAMPLE123456789',
  userAgent = 'aws-sdk-nodejs/2.1693.0 linux/v18.20.4 promise',
} = {}): string {
  return record({
    eventTime: at,
    eventSource: 'sqs.amazonaws.com',
    eventName: 'ListQueues',
    userAgent,
    userIdentity: {
      type: 'IAMUser',
      arn: `arn:aws:iam::${ACCOUNT}:user/legacy`,
      accountId: ACCOUNT,
      accessKeyId: key,
      userName: 'legacy',
    },
  });
}
