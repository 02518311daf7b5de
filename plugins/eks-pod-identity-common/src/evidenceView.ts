import { z } from 'zod/v3';
import { type Evidence, evidenceSchema } from './evidence';

/** @public */
export const useOfIdentitySchema = evidenceSchema
  .omit({ sessions: true, seen: true, others: true, roleLastUsed: true })
  .extend({
    /** Others who obtained the role; their names only where the reader may know them. */
    others: z.array(
      evidenceSchema.shape.others.element.extend({
        name: z.string().optional(),
      }),
    ),
    /** ISO 8601; last use of the role by anything. */
    lastUsedAt: z.string().optional(),
    /** The portal searches what is new; ask again. */
    refreshing: z.boolean(),
  });

/** What AWS recorded of the use of one identity, as one reader may know it. @public */
export type UseOfIdentity = z.infer<typeof useOfIdentitySchema>;

/** @public */
export const useSummarySchema = z.object({
  state: evidenceSchema.shape.state,
  /** The pod that obtained the role last. */
  pod: z.object({ name: z.string(), at: z.string() }).optional(),
  sdk: z.string().optional(),
  version: z.string().optional(),
  /** Services called by the pods, as AWS names them: `s3`. */
  services: z.array(z.string()),
  lastUsedAt: z.string().optional(),
  deniedAt: z.string().optional(),
  /** Last time that its own service account obtained the role by IRSA. */
  irsaAt: z.string().optional(),
});

/** The use of one identity in a line. @public */
export type UseSummary = z.infer<typeof useSummarySchema>;

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
