import { z } from 'zod/v3';
import { plain } from '../vocabulary/disclosure';
import {
  type Evidence,
  evidenceSchema,
  otherCallerSchema,
  type OtherCaller,
} from '../vocabulary/evidence';
import { object } from '../vocabulary/schema';

/** What AWS recorded of the use of one identity, as one reader may know it. @public */
export interface UseOfIdentity
  extends Omit<Evidence, 'sessions' | 'seen' | 'others' | 'roleLastUsed'> {
  /** Others who obtained the role; their names only where the reader may know them. */
  others: Array<Omit<OtherCaller, 'name'> & { name?: string }>;
  /** ISO 8601; last use of the role by anything. */
  lastUsedAt?: string;
  /** The portal searches what is new; ask again. */
  refreshing: boolean;
}

/** @public */
export const useOfIdentitySchema: z.ZodType<UseOfIdentity> = evidenceSchema
  .omit({ sessions: true, seen: true, others: true, roleLastUsed: true })
  .extend({
    others: z.array(otherCallerSchema.extend({ name: z.string().optional() })),
    lastUsedAt: z.string().optional(),
    refreshing: z.boolean(),
  });

/** The use of one identity in a line. @public */
export interface UseSummary {
  state: Evidence['state'];
  /** The pod that obtained the role last. */
  pod?: { name: string; at: string };
  sdk?: string;
  version?: string;
  /** Services called by the pods, as AWS names them: `s3`. */
  services: string[];
  lastUsedAt?: string;
  deniedAt?: string;
  /** Last time that its own service account obtained the role by IRSA. */
  irsaAt?: string;
}

/** @public */
export const useSummarySchema = object<UseSummary>({
  state: evidenceSchema.shape.state,
  pod: z.object({ name: plain(), at: plain() }).optional(),
  sdk: plain().optional(),
  version: plain().optional(),
  services: z.array(plain()),
  lastUsedAt: plain().optional(),
  deniedAt: plain().optional(),
  irsaAt: plain().optional(),
});

/** Services that one line names. */
const SERVICES = 5;

/** What a card shows of the evidence. @public */
export function summarizeUse(
  evidence: Evidence,
): Pick<UseSummary, 'pod' | 'sdk' | 'version' | 'services'> {
  const [pod] = evidence.pods;
  const told = evidence.uses.find(({ sdk }) => sdk !== undefined);
  return {
    pod: pod && { name: pod.name, at: pod.lastAt },
    sdk: told?.sdk,
    version: told?.version,
    services: [...new Set(evidence.uses.map(({ service }) => service))].slice(
      0,
      SERVICES,
    ),
  };
}
