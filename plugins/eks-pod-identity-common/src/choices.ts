import { z } from 'zod/v3';

/** @public */
export const serviceAccountChoiceSchema = z.object({
  name: z.string(),
  /** False where only pod templates name it. */
  exists: z.boolean(),
  /** An association names it, as far as the portal has seen. */
  hasIdentity: z.boolean(),
  workloads: z.array(
    z.object({ kind: z.string(), name: z.string(), pods: z.number() }),
  ),
});
/** A service account that a form may offer, with what runs under it. @public */
export type ServiceAccountChoice = z.infer<typeof serviceAccountChoiceSchema>;

/** @public */
export const proposalsSchema = z.object({
  /** Where the component runs, as its annotations and its workloads say. */
  items: z.array(
    z.object({
      cluster: z.string(),
      namespace: z.string(),
      serviceAccount: z.string(),
    }),
  ),
  /** Why the caller may not give this component an identity, with whom to ask. */
  refusal: z.string().optional(),
});
/** What a form fills in for a component. @public */
export type Proposals = z.infer<typeof proposalsSchema>;

/** @public */
export const roleChoicesSchema = z.object({
  items: z.array(
    z.object({
      arn: z.string(),
      name: z.string(),
      /** What opens it: its tag names the component, or the portal's configuration names it. */
      by: z.enum(['tag', 'guardrail']),
      /** Whether its trust policy lets the service account in, as far as can be told; the portal adds that to its own. */
      trusts: z.boolean(),
    }),
  ),
  /** False where there are more, or where the portal may not list the roles of the account. */
  complete: z.boolean(),
});
/** Existing roles that a form may offer, by name. @public */
export type RoleChoices = z.infer<typeof roleChoicesSchema>;

/** @public */
export const policyChoiceSchema = z.object({
  arn: z.string(),
  name: z.string(),
  description: z.string(),
  allowed: z.boolean(),
  /** Why not. */
  reason: z.string().optional(),
});
/** A managed policy a form may offer. @public */
export type PolicyChoice = z.infer<typeof policyChoiceSchema>;
