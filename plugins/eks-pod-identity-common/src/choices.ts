import { z } from 'zod/v3';
import { object } from './schema';

/** A service account that a form may offer, with what runs under it. @public */
export interface ServiceAccountChoice {
  name: string;
  /** False where only pod templates name it. */
  exists: boolean;
  /** An association names it, as far as the portal has seen. */
  hasIdentity: boolean;
  workloads: Array<{ kind: string; name: string; pods: number }>;
}

/** @public */
export const serviceAccountChoiceSchema = object<ServiceAccountChoice>({
  name: z.string(),
  exists: z.boolean(),
  hasIdentity: z.boolean(),
  workloads: z.array(
    z.object({ kind: z.string(), name: z.string(), pods: z.number() }),
  ),
});

/** What a form fills in for a component. @public */
export interface Proposals {
  /** Where the component runs, as its annotations and its workloads say. */
  items: Array<{
    cluster: string;
    namespace: string;
    serviceAccount: string;
  }>;
  /** Why the caller may not give this component an identity, with whom to ask. */
  refusal?: string;
}

/** @public */
export const proposalsSchema = object<Proposals>({
  items: z.array(
    z.object({
      cluster: z.string(),
      namespace: z.string(),
      serviceAccount: z.string(),
    }),
  ),
  refusal: z.string().optional(),
});

/** Existing roles that a form may offer, by name. @public */
export interface RoleChoices {
  items: Array<{
    arn: string;
    name: string;
    /** What opens it: its tag names the component, or the portal's configuration names it. */
    by: 'tag' | 'guardrail';
    /** Whether its trust policy lets the service account in, as far as can be told; the portal adds that to its own. */
    trusts: boolean;
  }>;
  /** False where there are more, or where the portal may not list the roles of the account. */
  complete: boolean;
}

/** @public */
export const roleChoicesSchema = object<RoleChoices>({
  items: z.array(
    z.object({
      arn: z.string(),
      name: z.string(),
      by: z.enum(['tag', 'guardrail']),
      trusts: z.boolean(),
    }),
  ),
  complete: z.boolean(),
});

/** A managed policy a form may offer. @public */
export interface PolicyChoice {
  arn: string;
  name: string;
  description: string;
  allowed: boolean;
  /** Why not. */
  reason?: string;
}

/** @public */
export const policyChoiceSchema = object<PolicyChoice>({
  arn: z.string(),
  name: z.string(),
  description: z.string(),
  allowed: z.boolean(),
  reason: z.string().optional(),
});
