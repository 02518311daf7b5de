import { POD_IDENTITY_TRUST } from '../aws/direct/iam';
import { document, many, PolicyDocument } from '../aws/policy/document';
import type { Stage } from './stage';

/** SDKs of today, with the version that was measured. */
export const PYTHON = 'boto3/1.44.8';
export const JAVASCRIPT = 'js-v3/3.1173.0';
export const GO = 'go-v2/1.48.0';
export const JAVA = 'java-v2/2.57.8';

export const S3_READ = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
export const CALLS = ['sts:GetCallerIdentity', 's3:ListBuckets'];

/** The keys of a user of their own, as they were used before Pod Identity. */
export function userKeys(stage: Stage): Record<string, string> {
  const { key } = stage.aws.iam.putUser({
    name: `${stage.name}-legacy`,
    attached: [S3_READ],
  });
  return {
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
  };
}

export const SECRET = 'legacy-keys';

export function putSecret(stage: Stage, stringData: Record<string, string>) {
  return stage.kube.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: SECRET, namespace: stage.namespace },
    stringData,
  });
}

/** Keys in a file of a Secret, mounted into the pods. */
export async function mountKeys(
  stage: Stage,
  path: string,
  env: Record<string, string>,
): Promise<void> {
  const keys = userKeys(stage);
  await putSecret(stage, {
    credentials: `[default]\naws_access_key_id = ${keys.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${keys.AWS_SECRET_ACCESS_KEY}\n`,
  });
  await stage.mount({ name: SECRET, secret: { secretName: SECRET } }, path);
  await stage.runApplication(PYTHON, { calls: CALLS, env });
}

/** A trust policy for both roads: Pod Identity, and IRSA by this service account. */
export function bothRoads(stage: Stage): PolicyDocument {
  const { issuer } = stage.kube;
  const Federated = stage.aws.iam.putOidcProvider({ url: issuer });
  const sub = `${issuer.replace('https://', '')}:sub`;
  const subject = `system:serviceaccount:${stage.namespace}:${stage.name}`;
  return document(...many(POD_IDENTITY_TRUST.Statement), {
    Effect: 'Allow',
    Principal: { Federated },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { StringEquals: { [sub]: subject } },
  });
}

/** Goes by IRSA although the webhook injects Pod Identity, because the pod template has both. */
export async function goByIrsa(stage: Stage, sdk: string): Promise<void> {
  const { arn } = stage.role();
  stage.aws.iam.updateRole(arn, { trust: bothRoads(stage) });
  const mountPath = '/var/run/secrets/irsa';
  const token = {
    audience: 'sts.amazonaws.com',
    expirationSeconds: 86_400,
    path: 'token',
  };
  await stage.mount(
    {
      name: 'irsa-token',
      projected: { sources: [{ serviceAccountToken: token }] },
    },
    mountPath,
  );
  await stage.runApplication(sdk, {
    calls: CALLS,
    env: {
      AWS_ROLE_ARN: arn,
      AWS_WEB_IDENTITY_TOKEN_FILE: `${mountPath}/token`,
    },
  });
}

/** Lets one node's pods reach the instance metadata, and moves the pods of the workload there. */
export async function runNearMetadata(stage: Stage): Promise<void> {
  const [{ metadata }] = stage.kube.list('nodes');
  stage.kube.setHopLimit(2, metadata.name);
  await stage.changePods(({ spec }) => {
    spec.nodeSelector = {
      'kubernetes.io/hostname': metadata.labels!['kubernetes.io/hostname'],
    };
  });
}

export const PROXY = {
  HTTP_PROXY: 'http://proxy.internal.example:3128',
  HTTPS_PROXY: 'http://proxy.internal.example:3128',
  NO_PROXY: 'localhost,127.0.0.1,169.254.169.254',
};

/** The event that a pod of another cluster leaves, which the sandbox must not run. */
export function obtainInAnotherCluster(stage: Stage): void {
  const { cloudTrail } = stage.aws;
  const { roleArn } = stage.association();
  const own = cloudTrail
    .events({ name: 'AssumeRole' })
    .filter(({ requestParameters }) => requestParameters?.roleArn === roleArn)
    .at(-1)!;
  const { eventID: _, ...event } = own;
  const replace = (text: string) =>
    text.replaceAll(stage.cluster, `${stage.cluster}-second`);
  const { requestParameters } = event;
  const role = { ResourceType: 'AWS::IAM::Role', ResourceName: roleArn };
  cloudTrail.putEvent({
    region: event.awsRegion,
    EventName: event.eventName,
    EventSource: event.eventSource,
    Resources: [role],
    CloudTrailEvent: {
      ...event,
      requestParameters: {
        ...requestParameters,
        tags: requestParameters.tags.map(
          (tag: { key: string; value: string }) => ({
            ...tag,
            value: tag.key.startsWith('eks-cluster')
              ? replace(tag.value)
              : tag.value.replace(/^[0-9a-f]{8}-/, '5ec0ndc1-'),
          }),
        ),
      },
    },
  });
}
