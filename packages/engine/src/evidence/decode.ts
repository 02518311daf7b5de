import type {
  EvidenceCaller,
  EvidenceEvent,
  RecordedChange,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { isDenialCode } from '../aws/denial';
import { foreign } from '../text/foreign';
import { EKS, isChange } from './changeEvents';
import { readUserAgent } from './userAgent';

/** Most that is kept of a text that others wrote. */
const MOST = 1_000;

/** Text of AWS, of a program or of an attacker: one line, without secrets, of bounded length. */
const clean = (text: string) => foreign(text, MOST);

/** A field that AWS may leave out, rename or fill otherwise tomorrow. */
const maybe = <T extends z.ZodTypeAny>(schema: T) =>
  schema.optional().catch(undefined);
const text = maybe(z.string().transform(clean));
/** Key ids are no secret, and the only name of a session that later calls carry. */
const keyId = maybe(z.string().regex(/^A[A-Z0-9]{15,127}$/));

const tag = z.object({ key: z.string(), value: z.string().transform(clean) });

/** Members of an association that name it, in requests and answers of EKS. */
const associationFields = {
  clusterName: text,
  associationId: text,
  namespace: text,
  serviceAccount: text,
};

/** What calls that change an identity name in their requests. No document is among them. */
const changeFields = {
  ...associationFields,
  /** Of the address of EKS: the cluster. */
  name: text,
  targetRoleArn: maybe(z.string()),
  disableSessionTags: maybe(z.boolean()),
  policy: maybe(z.string()),
  roleName: text,
  policyArn: text,
  policyName: text,
  permissionsBoundary: text,
  versionId: text,
  setAsDefault: maybe(z.boolean()),
};

/** What is read of a record; tokens, keys, tags of others and all else are left behind here. */
const recordSchema = z.object({
  eventID: z.string().transform(clean),
  eventTime: z.string().datetime({ offset: true }),
  eventSource: z.string().transform(clean),
  eventName: z.string().transform(clean),
  awsRegion: text,
  recipientAccountId: text,
  userAgent: text,
  errorCode: text,
  errorMessage: text,
  userIdentity: z
    .object({
      type: text,
      arn: text,
      accountId: text,
      accessKeyId: keyId,
      invokedBy: text,
      principalId: text,
      userName: text,
      identityProvider: text,
      sessionContext: maybe(
        z.object({
          sessionIssuer: maybe(z.object({ arn: text })),
          webIdFederationData: maybe(z.object({ federatedProvider: text })),
        }),
      ),
    })
    .catch({}),
  requestParameters: maybe(
    z.object({
      roleArn: text,
      roleSessionName: text,
      durationSeconds: maybe(z.number().int()),
      tags: maybe(z.array(tag)),
      ...changeFields,
    }),
  ),
  responseElements: maybe(
    z.object({
      credentials: maybe(z.object({ accessKeyId: keyId })),
      association: maybe(z.object(associationFields)),
      policyVersion: maybe(z.object({ versionId: text })),
    }),
  ),
});
type TrailRecord = z.infer<typeof recordSchema>;

const WEB_IDENTITY = 'AssumeRoleWithWebIdentity';
const ASSUMPTIONS = ['AssumeRole', WEB_IDENTITY];
const POD_IDENTITY = 'pods.eks.amazonaws.com';
/** Of `arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB`. */
const OIDC_PROVIDER = /^arn:[\w-]+:iam::\d{12}:oidc-provider\//;

/** The session tags of Pod Identity; all are there, or none. */
function podIdentity(record: TrailRecord): EvidenceCaller {
  const tags = new Map(
    (record.requestParameters?.tags ?? []).map(one => [one.key, one.value]),
  );
  return {
    kind: 'pod-identity',
    clusterArn: tags.get('eks-cluster-arn'),
    namespace: tags.get('kubernetes-namespace'),
    serviceAccount: tags.get('kubernetes-service-account'),
    podName: tags.get('kubernetes-pod-name'),
    podUid: tags.get('kubernetes-pod-uid'),
  };
}

/** A session of a role: a node's is named after its instance. */
function ofSession(identity: TrailRecord['userIdentity']): EvidenceCaller {
  const arn = identity.sessionContext?.sessionIssuer?.arn ?? identity.arn ?? '';
  const sessionName = identity.arn?.split('/').pop();
  return /^i-[0-9a-f]{8,}$/.test(sessionName ?? '')
    ? { kind: 'node', instanceId: sessionName!, arn }
    : { kind: 'role', arn, sessionName };
}

function callerOf(record: TrailRecord): EvidenceCaller {
  const { userIdentity: identity } = record;
  switch (identity.type) {
    case 'AWSService':
      return identity.invokedBy === POD_IDENTITY
        ? podIdentity(record)
        : { kind: 'service', name: identity.invokedBy ?? 'unknown' };
    case 'AssumedRole':
      return ofSession(identity);
    case 'WebIdentityUser':
      return identity.userName?.startsWith('system:serviceaccount:')
        ? {
            kind: 'irsa',
            subject: identity.userName,
            issuer: (identity.identityProvider ?? '').replace(
              OIDC_PROVIDER,
              '',
            ),
          }
        : { kind: 'other', name: identity.userName ?? 'a web identity' };
    case 'IAMUser':
    case 'Root':
    case 'FederatedUser':
      return { kind: 'user', arn: identity.arn ?? 'unknown' };
    default:
      return {
        kind: 'other',
        name:
          identity.arn ??
          identity.userName ??
          identity.accountId ??
          identity.type ??
          'unknown',
      };
  }
}

/** Settings of an association beside its role, as requests of EKS name them. */
const SETTINGS = ['targetRoleArn', 'disableSessionTags', 'policy'] as const;

function changeOf(record: TrailRecord): RecordedChange | undefined {
  if (!isChange(record.eventSource, record.eventName)) return undefined;
  const { requestParameters: asked = {}, responseElements: answered } = record;
  const isOfEks = record.eventSource === EKS;
  const made = answered?.association;
  const settings = SETTINGS.filter(name => asked[name] !== undefined);
  return withoutUndefined<RecordedChange>({
    ...(isOfEks
      ? {
          clusterName: asked.clusterName ?? asked.name ?? made?.clusterName,
          associationId: asked.associationId ?? made?.associationId,
          namespace: asked.namespace ?? made?.namespace,
          serviceAccount: asked.serviceAccount ?? made?.serviceAccount,
          roleArn: asked.roleArn,
          settings: settings.length > 0 ? settings : undefined,
        }
      : {
          roleName: asked.roleName,
          policyArn: asked.policyArn,
          policyName: asked.policyName,
          boundaryArn: asked.permissionsBoundary,
          versionId: asked.versionId ?? answered?.policyVersion?.versionId,
          isDefault: asked.setAsDefault,
        }),
    through: record.userIdentity.invokedBy,
  });
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}

/**
 * An event of CloudTrail. What it does not know is left out, so that no token or key of the record outlives this call.
 *
 * @param json - the record as JSON, as LookupEvents returns it in `CloudTrailEvent`, or a line of a trail
 * @returns undefined for what is no record
 * @public
 */
export function decodeCloudTrailEvent(
  json: string | undefined,
): EvidenceEvent | undefined {
  let read: unknown;
  try {
    read = JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
  const parsed = recordSchema.safeParse(read);
  if (!parsed.success) return undefined;
  const record = parsed.data;
  const { userAgent, errorCode, requestParameters } = record;
  const assumption = ASSUMPTIONS.includes(record.eventName);
  const isDenied = errorCode !== undefined && isDenialCode(errorCode);
  return withoutUndefined<EvidenceEvent>({
    id: record.eventID,
    at: new Date(record.eventTime).toISOString(),
    region: record.awsRegion ?? '',
    accountId: record.recipientAccountId ?? '',
    service: record.eventSource,
    name: record.eventName,
    by: withoutUndefined(callerOf(record)),
    roleArn: assumption ? requestParameters?.roleArn : undefined,
    sessionName: assumption ? requestParameters?.roleSessionName : undefined,
    sessionSeconds:
      record.eventName === WEB_IDENTITY
        ? requestParameters?.durationSeconds
        : undefined,
    issuedKeyId: record.responseElements?.credentials?.accessKeyId,
    usedKeyId: record.userIdentity.accessKeyId,
    userAgent,
    sdk: userAgent ? readUserAgent(userAgent) : undefined,
    denied: isDenied
      ? { code: errorCode, message: record.errorMessage ?? '' }
      : undefined,
    error: isDenied ? undefined : errorCode,
    change: changeOf(record),
  });
}
