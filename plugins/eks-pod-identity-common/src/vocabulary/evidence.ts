import { z } from 'zod/v3';
import { plain } from './disclosure';
import {
  type CredentialSource,
  credentialSourceSchema,
  instant,
  text,
} from './evidenceEvents';
import { object } from './schema';

const count = z.number().int().nonnegative();

/** Calls of one kind. @public */
export interface RecordedCalls {
  service: string;
  operations: string[];
  sdk?: string;
  version?: string;
  source?: CredentialSource;
  count: number;
  lastAt: string;
}

const callsSchema = object<RecordedCalls>({
  service: text,
  operations: z.array(text),
  sdk: text.optional(),
  version: text.optional(),
  source: credentialSourceSchema.optional(),
  count,
  lastAt: instant,
});

/** Who obtained the role otherwise than its pods. @public */
export interface OtherCaller {
  kind:
    | 'pod-identity'
    | 'irsa'
    | 'role'
    | 'node'
    | 'user'
    | 'service'
    | 'other';
  /** `<cluster>/<namespace>/<serviceaccount>`, a subject, an ARN, … */
  name: string;
  /** This very service account, by IRSA. */
  own?: boolean;
  sdk?: string;
  version?: string;
  count: number;
  firstAt: string;
  lastAt: string;
}

/** Its shape is that of an answer without the names, too. */
export const otherCallerSchema = object<OtherCaller>({
  kind: z.enum([
    'pod-identity',
    'irsa',
    'role',
    'node',
    'user',
    'service',
    'other',
  ]),
  name: text,
  own: z.boolean().optional(),
  sdk: text.optional(),
  version: text.optional(),
  count,
  firstAt: instant,
  lastAt: instant,
});

/** What AWS recorded of the use of one identity. @public */
export interface Evidence {
  /**
   * `off`: the portal is not configured to read it · `denied`: AWS does not let it · `unread`: not read yet, or not
   * now · `read`
   */
  state: 'off' | 'denied' | 'unread' | 'read';
  /** Of `denied` and `unread`: why, in one sentence. */
  reason?: string;
  /** The time that was searched. */
  readFrom?: string;
  readUntil?: string;
  /** Pods that obtained the role themselves, the last to do so first. */
  pods: Array<{
    /** Absent where an association leaves out the session tags, and no known pod fits the session's name. */
    uid?: string;
    name: string;
    firstAt: string;
    lastAt: string;
    sessions: number;
  }>;
  /** What was called with the keys of those pods, the last call first. */
  uses: RecordedCalls[];
  /** What AWS refused them. */
  denied: Array<{
    service: string;
    operation: string;
    code: string;
    /** AWS's words, of the last time. */
    message: string;
    count: number;
    lastAt: string;
    /** When the same operation last succeeded, maybe on another resource; absent where it did not since it was first refused. */
    allowedAt?: string;
  }>;
  /** Others who obtained the role. */
  others: OtherCaller[];
  /** Calls with a static key whose id stands in the spec of a running pod. */
  staticKeys: Array<RecordedCalls & { keyId: string }>;
  /** Calls as the node of a running pod, by programs that EKS does not put there. */
  nodes: Array<RecordedCalls & { instanceId: string }>;
  /** Last use of the role by anything, data calls included; AWS may lag by hours. Absent where it was never used. */
  roleLastUsed?: { at: string; region?: string };
  /** Sessions of the pods, by which their calls are known; the newest first. */
  sessions: Array<{ keyId?: string; name?: string; at: string }>;
  /** Events that a search from where the last one stopped may find again. */
  seen: string[];
  /** Names of the lists above that left out their oldest entries. */
  cut: string[];
  /**
   * Where the last search ended before it had seen all that is new, and how much of it it saw: events of the role,
   * sessions whose calls were read, calls of one session.
   */
  readUpTo?: { events?: number; sessions?: number; calls?: number };
}

/** @public */
export const evidenceSchema = object<Evidence>({
  state: z.enum(['off', 'denied', 'unread', 'read']),
  reason: text.optional(),
  readFrom: instant.optional(),
  readUntil: instant.optional(),
  pods: z.array(
    z.object({
      uid: text.optional(),
      name: text,
      firstAt: instant,
      lastAt: instant,
      sessions: count,
    }),
  ),
  uses: z.array(callsSchema),
  denied: z.array(
    z.object({
      service: text,
      operation: text,
      code: text,
      message: text,
      count,
      lastAt: instant,
      allowedAt: instant.optional(),
    }),
  ),
  others: z.array(otherCallerSchema),
  staticKeys: z.array(callsSchema.extend({ keyId: text })),
  nodes: z.array(callsSchema.extend({ instanceId: text })),
  roleLastUsed: z.object({ at: instant, region: text.optional() }).optional(),
  sessions: z.array(
    z.object({ keyId: text.optional(), name: text.optional(), at: instant }),
  ),
  seen: z.array(text),
  cut: z.array(text),
  readUpTo: z
    .object({
      events: count.optional(),
      sessions: count.optional(),
      calls: count.optional(),
    })
    .optional(),
});

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

/** Running pods of the workload obtained the role themselves. @public */
export interface ApplicationProof {
  /** The running pod that obtained the role last. */
  pod: { uid?: string; name: string };
  at: string;
  /** Running pods that obtained it, of so many. */
  obtained: number;
  running: number;
  sdk?: string;
  version?: string;
  /** `S3`, `STS`: services called since. */
  services: string[];
}

/** @public */
export const applicationProofSchema = object<ApplicationProof>({
  pod: z.object({ uid: plain(text).optional(), name: plain(text) }),
  at: plain(instant),
  obtained: count,
  running: count,
  sdk: plain(text).optional(),
  version: plain(text).optional(),
  services: z.array(plain(text)),
});
