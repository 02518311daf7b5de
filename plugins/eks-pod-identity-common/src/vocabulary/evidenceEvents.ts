import { z } from 'zod/v3';
import { object } from './schema';

/** @public */
export const credentialSourceSchema = z.enum([
  'pod-identity',
  'node',
  'irsa',
  'environment',
  'profile',
]);

/** Where an SDK took the keys from that signed a call, as its user agent tells. @public */
export type CredentialSource = z.infer<typeof credentialSourceSchema>;

/** Text of AWS or of a program, as far as it is kept. */
export const text = z.string().max(1_000);
/** ISO 8601. */
export const instant = z.string().datetime();

/** The SDK behind a call, read from its user agent. @public */
export interface SdkInUse {
  /** As the table of SDKs has it: `boto3`, `Java v2`. */
  name: string;
  version?: string;
  /** Absent where the user agent does not tell: silence proves nothing. */
  source?: CredentialSource;
}

/** @public */
export const sdkInUseSchema = object<SdkInUse>({
  name: text,
  version: text.optional(),
  source: credentialSourceSchema.optional(),
});

/** Whose call it was. @public */
export type EvidenceCaller =
  | {
      kind: 'pod-identity';
      /** From the session tags; all absent where an association leaves them out. */
      clusterArn?: string;
      namespace?: string;
      serviceAccount?: string;
      podName?: string;
      podUid?: string;
    }
  | {
      kind: 'irsa';
      /** `system:serviceaccount:<namespace>:<serviceaccount>` */
      subject: string;
      /** OIDC issuer, without `https://`. */
      issuer: string;
    }
  | {
      kind: 'role';
      /** ARN of the role that the session is of. */
      arn: string;
      sessionName?: string;
    }
  | { kind: 'node'; instanceId: string; arn?: string }
  | { kind: 'user'; arn: string }
  | { kind: 'service'; name: string }
  /** Such as an account, or a person who came by SAML. */
  | { kind: 'other'; name: string };

type CallerOf<Kind> = Extract<EvidenceCaller, { kind: Kind }>;

/** @public */
export const evidenceCallerSchema: z.ZodType<EvidenceCaller> =
  z.discriminatedUnion('kind', [
    object<CallerOf<'pod-identity'>>({
      kind: z.literal('pod-identity'),
      clusterArn: text.optional(),
      namespace: text.optional(),
      serviceAccount: text.optional(),
      podName: text.optional(),
      podUid: text.optional(),
    }),
    object<CallerOf<'irsa'>>({
      kind: z.literal('irsa'),
      subject: text,
      issuer: text,
    }),
    object<CallerOf<'role'>>({
      kind: z.literal('role'),
      arn: text,
      sessionName: text.optional(),
    }),
    object<CallerOf<'node'>>({
      kind: z.literal('node'),
      instanceId: text,
      arn: text.optional(),
    }),
    object<CallerOf<'user'>>({ kind: z.literal('user'), arn: text }),
    object<CallerOf<'service'>>({ kind: z.literal('service'), name: text }),
    object<CallerOf<'other'>>({ kind: z.literal('other'), name: text }),
  ]);

/** What a call names that changes associations, roles or policies. @public */
export interface RecordedChange {
  /** Of an association: the EKS name of its cluster. */
  clusterName?: string;
  associationId?: string;
  namespace?: string;
  serviceAccount?: string;
  /** Of an association: the role that it was given. */
  roleArn?: string;
  /** Of an association: which other settings were given; `roleArn` is none of them. */
  settings?: string[];
  roleName?: string;
  /** ARN of a managed policy. */
  policyArn?: string;
  /** Of an inline policy. */
  policyName?: string;
  /** ARN of the policy that is the permissions boundary now. */
  boundaryArn?: string;
  /** Of a managed policy: the version that counts from now on; absent where none was named. */
  versionId?: string;
  /** Of a new version of a managed policy: it counts from now on. */
  isDefault?: boolean;
  /** The service that made the call for the caller: `cloudformation.amazonaws.com`. */
  through?: string;
}

const changeSchema = object<RecordedChange>({
  clusterName: text.optional(),
  associationId: text.optional(),
  namespace: text.optional(),
  serviceAccount: text.optional(),
  roleArn: text.optional(),
  settings: z.array(text).optional(),
  roleName: text.optional(),
  policyArn: text.optional(),
  policyName: text.optional(),
  boundaryArn: text.optional(),
  versionId: text.optional(),
  isDefault: z.boolean().optional(),
  through: text.optional(),
});

/** One call that AWS recorded, without tokens and keys. @public */
export interface EvidenceEvent {
  /** Unique in its source. */
  id: string;
  at: string;
  region: string;
  accountId: string;
  /** `sts.amazonaws.com` */
  service: string;
  /** `AssumeRole` */
  name: string;
  by: EvidenceCaller;
  /** Of an assumption: the role that was asked for. */
  roleArn?: string;
  /** Of an assumption: the session that began. */
  sessionName?: string;
  /** Of an assumption by IRSA: the length that was asked for, in seconds. */
  sessionSeconds?: number;
  /** Of an assumption: the id of the access key that it gave out; never more of the key. */
  issuedKeyId?: string;
  /** Id of the access key that signed the call. */
  usedKeyId?: string;
  userAgent?: string;
  sdk?: SdkInUse;
  /** AWS refused the call. */
  denied?: { code: string; message: string };
  /** Code of any other error that AWS answered with. */
  error?: string;
  /** Of a call that changes an association, a role or a policy. */
  change?: RecordedChange;
}

/** @public */
export const evidenceEventSchema = object<EvidenceEvent>({
  id: text,
  at: instant,
  region: text,
  accountId: text,
  service: text,
  name: text,
  by: evidenceCallerSchema,
  roleArn: text.optional(),
  sessionName: text.optional(),
  sessionSeconds: z.number().int().optional(),
  issuedKeyId: text.optional(),
  usedKeyId: text.optional(),
  userAgent: text.optional(),
  sdk: sdkInUseSchema.optional(),
  denied: z.object({ code: text, message: text }).optional(),
  error: text.optional(),
  change: changeSchema.optional(),
});

/** What to search for; a source looks for one thing at a time. @public */
export type EvidenceQuestion =
  /** Everything that names the role: who obtained it. */
  | { role: string }
  /** Calls signed by that key. */
  | { accessKeyId: string }
  | { eventName: string }
  /** Calls that name this resource: the name of a role (not its ARN), or the ARN of a policy. */
  | { resource: string }
  /** Calls of an instance, by its id. */
  | { username: string };
