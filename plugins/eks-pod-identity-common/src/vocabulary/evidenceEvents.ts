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
  issuedKeyId: text.optional(),
  usedKeyId: text.optional(),
  userAgent: text.optional(),
  sdk: sdkInUseSchema.optional(),
  denied: z.object({ code: text, message: text }).optional(),
  error: text.optional(),
});

/** What to search for; a source looks for one thing at a time. @public */
export type EvidenceQuestion =
  /** Everything that names the role: who obtained it. */
  | { role: string }
  /** Calls signed by that key. */
  | { accessKeyId: string }
  | { eventName: string }
  /** Calls of an instance, by its id. */
  | { username: string };
