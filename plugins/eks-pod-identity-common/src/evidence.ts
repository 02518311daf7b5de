import { z } from 'zod/v3';

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
const text = z.string().max(1_000);
/** ISO 8601. */
const instant = z.string().datetime();

/** @public */
export const sdkInUseSchema = z.object({
  /** As the table of SDKs has it: `boto3`, `Java v2`. */
  name: text,
  version: text.optional(),
  /** Absent where the user agent does not tell: silence proves nothing. */
  source: credentialSourceSchema.optional(),
});

/** The SDK behind a call, read from its user agent. @public */
export type SdkInUse = z.infer<typeof sdkInUseSchema>;

/** @public */
export const evidenceCallerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('pod-identity'),
    /** From the session tags; all absent where an association leaves them out. */
    clusterArn: text.optional(),
    namespace: text.optional(),
    serviceAccount: text.optional(),
    podName: text.optional(),
    podUid: text.optional(),
  }),
  z.object({
    kind: z.literal('irsa'),
    /** `system:serviceaccount:<namespace>:<serviceaccount>` */
    subject: text,
    /** OIDC issuer, without `https://`. */
    issuer: text,
  }),
  z.object({
    kind: z.literal('role'),
    /** ARN of the role that the session is of. */
    arn: text,
    sessionName: text.optional(),
  }),
  z.object({
    kind: z.literal('node'),
    instanceId: text,
    arn: text.optional(),
  }),
  z.object({ kind: z.literal('user'), arn: text }),
  z.object({ kind: z.literal('service'), name: text }),
  /** Such as an account, or a person who came by SAML. */
  z.object({ kind: z.literal('other'), name: text }),
]);

/** Whose call it was. @public */
export type EvidenceCaller = z.infer<typeof evidenceCallerSchema>;

/** @public */
export const evidenceEventSchema = z.object({
  /** Unique in its source. */
  id: text,
  at: instant,
  region: text,
  accountId: text,
  /** `sts.amazonaws.com` */
  service: text,
  /** `AssumeRole` */
  name: text,
  by: evidenceCallerSchema,
  /** Of an assumption: the role that was asked for. */
  roleArn: text.optional(),
  /** Of an assumption: the session that began. */
  sessionName: text.optional(),
  /** Of an assumption: the id of the access key that it gave out; never more of the key. */
  issuedKeyId: text.optional(),
  /** Id of the access key that signed the call. */
  usedKeyId: text.optional(),
  userAgent: text.optional(),
  sdk: sdkInUseSchema.optional(),
  /** AWS refused the call. */
  denied: z.object({ code: text, message: text }).optional(),
  /** Code of any other error that AWS answered with. */
  error: text.optional(),
});

/** One call that AWS recorded, without tokens and keys. @public */
export type EvidenceEvent = z.infer<typeof evidenceEventSchema>;

const count = z.number().int().nonnegative();

/** Calls of one kind. */
const callsSchema = z.object({
  service: text,
  operations: z.array(text),
  sdk: text.optional(),
  version: text.optional(),
  source: credentialSourceSchema.optional(),
  count,
  lastAt: instant,
});

/** @public */
export const evidenceSchema = z.object({
  /**
   * `off`: the portal is not configured to read it · `denied`: AWS does not let it · `unread`: not read yet, or not
   * now · `read`
   */
  state: z.enum(['off', 'denied', 'unread', 'read']),
  /** Of `denied` and `unread`: why, in one sentence. */
  reason: text.optional(),
  /** The time that was searched. */
  readFrom: instant.optional(),
  readUntil: instant.optional(),
  /** Pods that obtained the role themselves, the last to do so first. */
  pods: z.array(
    z.object({
      /** Absent where an association leaves out the session tags, and no known pod fits the session's name. */
      uid: text.optional(),
      name: text,
      firstAt: instant,
      lastAt: instant,
      sessions: count,
    }),
  ),
  /** What was called with the keys of those pods, the last call first. */
  uses: z.array(callsSchema),
  /** What AWS refused them. */
  denied: z.array(
    z.object({
      service: text,
      operation: text,
      code: text,
      /** AWS's words, of the last time. */
      message: text,
      count,
      lastAt: instant,
      /** When the same operation last succeeded, maybe on another resource; absent where it did not since it was first refused. */
      allowedAt: instant.optional(),
    }),
  ),
  /** Others who obtained the role. */
  others: z.array(
    z.object({
      kind: z.enum([
        'pod-identity',
        'irsa',
        'role',
        'node',
        'user',
        'service',
        'other',
      ]),
      /** `<cluster>/<namespace>/<serviceaccount>`, a subject, an ARN, … */
      name: text,
      /** This very service account, by IRSA. */
      own: z.boolean().optional(),
      sdk: text.optional(),
      version: text.optional(),
      count,
      firstAt: instant,
      lastAt: instant,
    }),
  ),
  /** Calls with a static key whose id stands in the spec of a running pod. */
  staticKeys: z.array(callsSchema.extend({ keyId: text })),
  /** Calls as the node of a running pod, by programs that EKS does not put there. */
  nodes: z.array(callsSchema.extend({ instanceId: text })),
  /** Last use of the role by anything, data calls included; AWS may lag by hours. Absent where it was never used. */
  roleLastUsed: z.object({ at: instant, region: text.optional() }).optional(),
  /** Sessions of the pods, by which their calls are known; the newest first. */
  sessions: z.array(
    z.object({ keyId: text.optional(), name: text.optional(), at: instant }),
  ),
  /** Events that a search from where the last one stopped may find again. */
  seen: z.array(text),
  /** Names of the lists above that left out their oldest entries. */
  cut: z.array(text),
  /**
   * Where the last search ended before it had seen all that is new, and how much of it it saw: events of the role,
   * sessions whose calls were read, calls of one session.
   */
  readUpTo: z
    .object({
      events: count.optional(),
      sessions: count.optional(),
      calls: count.optional(),
    })
    .optional(),
});

/** What AWS recorded of the use of one identity. @public */
export type Evidence = z.infer<typeof evidenceSchema>;

/** Evidence that says nothing, and why. @public */
export function noEvidence(
  state: Exclude<Evidence['state'], 'read'>,
  reason?: string,
): Evidence {
  return {
    state,
    ...(reason ? { reason } : {}),
    pods: [],
    uses: [],
    denied: [],
    others: [],
    staticKeys: [],
    nodes: [],
    sessions: [],
    seen: [],
    cut: [],
  };
}

/** @public */
export const applicationProofSchema = z.object({
  /** The running pod that obtained the role last. */
  pod: z.object({ uid: text.optional(), name: text }),
  at: instant,
  /** Running pods that obtained it, of so many. */
  obtained: count,
  running: count,
  sdk: text.optional(),
  version: text.optional(),
  /** `S3`, `STS`: services called since. */
  services: z.array(text),
});

/** Running pods of the workload obtained the role themselves. @public */
export type ApplicationProof = z.infer<typeof applicationProofSchema>;

/** What to search for; a source looks for one thing at a time. @public */
export type EvidenceQuestion =
  /** Everything that names the role: who obtained it. */
  | { role: string }
  /** Calls signed by that key. */
  | { accessKeyId: string }
  | { eventName: string }
  /** Calls of an instance, by its id. */
  | { username: string };
