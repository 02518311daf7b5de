import { CLUSTER_ID_PATTERN } from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import {
  accountId,
  actionPattern,
  arnPattern,
  clusterName,
  clusterNamePattern,
  commandKey,
  duration,
  flag,
  namespacePattern,
  option,
  ownerRef,
  policyArn,
  positiveInteger,
  positiveNumber,
  quantities,
  proofAge,
  realDuration,
  region,
  roleArn,
  rolePath,
  serviceAccountPattern,
  tagKeyPattern,
  tagsSchema,
} from './schemaValues';

/** ARNs of roles, in which `*` stands for any text, and these variables. */
const rolePatterns = (
  withoutVariables: (pattern: string) => string,
  named: string,
) =>
  z.array(
    arnPattern('role').refine(
      pattern => !/[{}]/.test(withoutVariables(pattern)),
      `may hold ${named}, and no other braces`,
    ),
  );

const guardrailsSchema = z
  .object({
    managedPolicies: z
      .object({ allow: z.array(arnPattern('policy')) })
      .strict()
      .optional(),
    roles: z
      .object({
        adopt: rolePatterns(
          pattern => pattern.replace(/\{\{(namespace|owner)\}\}/g, ''),
          '{{namespace}} and {{owner}}',
        ).optional(),
        // A look at a cluster has to know what is named, and does not know whose a role is
        editTrust: rolePatterns(
          pattern => pattern.replaceAll('{{namespace}}', ''),
          '{{namespace}}',
        ).optional(),
      })
      .strict()
      .optional(),
    targetRoles: z
      .object({ allow: z.array(arnPattern('role')) })
      .strict()
      .optional(),
    tags: z
      .object({ allow: z.array(tagKeyPattern) })
      .strict()
      .optional(),
    inlinePolicies: flag.optional(),
    inlineActions: z
      .object({ add: z.array(actionPattern) })
      .strict()
      .optional(),
    permissionsBoundaryArn: policyArn.optional(),
    probe: z
      .object({
        commands: z.record(commandKey, z.array(option)).optional(),
        policyTests: z
          .record(policyArn, z.array(z.string().min(1).max(512)).min(2).max(32))
          .optional(),
        trustClaims: flag.optional(),
      })
      .strict()
      .optional(),
  })
  .strict();

export const clusterSchema = z
  .object({
    name: clusterName,
    id: z
      .string()
      .max(100)
      .regex(
        CLUSTER_ID_PATTERN,
        'must start with a letter or digit and contain only letters, digits, "_", "." and "-"',
      )
      .optional(),
    title: z.string().min(1).optional(),
    region,
    accountId,
    roles: z
      .object({
        read: roleArn.optional(),
        verify: roleArn.optional(),
        write: roleArn.optional(),
      })
      .strict()
      .optional(),
    role: z.object({ path: rolePath.optional() }).strict().optional(),
    kubernetes: z
      .object({ access: z.enum(['eks', 'none']).optional() })
      .strict()
      .optional(),
    namespaces: z
      .object({
        allow: z.array(namespacePattern).optional(),
        deny: z.array(namespacePattern).optional(),
      })
      .strict()
      .optional(),
    allow: z
      .object({
        changes: flag.optional(),
        installAgent: flag.optional(),
        createNamespace: flag.optional(),
      })
      .strict()
      .optional(),
    probe: z
      .object({
        image: z
          .string()
          .regex(/^[^\s]+$/, 'must be the address of a container image')
          .optional(),
        tolerations: z
          .array(
            z
              .object({
                key: z.string().optional(),
                operator: z.enum(['Exists', 'Equal', 'Lt', 'Gt']).optional(),
                value: z.string().optional(),
                effect: z
                  .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
                  .optional(),
                tolerationSeconds: z.number().int().optional(),
              })
              .strict(),
          )
          .optional(),
        imagePullSecrets: z.array(z.string().min(1)).optional(),
        maxConcurrent: positiveInteger.optional(),
        checkImds: flag.optional(),
        resources: z
          .object({
            requests: quantities.optional(),
            limits: quantities.optional(),
          })
          .strict()
          .optional(),
      })
      .strict()
      .optional(),
    sweep: z
      .object({ probe: z.enum(['none', 'admission']).optional() })
      .strict()
      .optional(),
    guardrails: guardrailsSchema.optional(),
  })
  .strict();

/** What is set for the clusters that locators find in an account. */
const locatedAccountSchema = clusterSchema
  .omit({ name: true, id: true, title: true, region: true })
  .extend({
    regions: z.array(region).min(1, 'must name a region'),
    names: z.array(clusterNamePattern).optional(),
  });

export type RawCluster = z.infer<typeof clusterSchema>;
export type RawGuardrails = z.infer<typeof guardrailsSchema>;

export const engineSchema = z
  .object({
    clusters: z.array(clusterSchema).optional(),
    locators: z
      .object({
        catalog: flag.optional(),
        kubernetes: flag.optional(),
        refresh: realDuration.optional(),
        accounts: z.array(locatedAccountSchema).min(1, 'must name an account'),
      })
      .strict()
      .optional(),
    portalId: z
      .string()
      .min(1)
      .max(256)
      .regex(
        /^[\p{L}\p{N}_.:/=+\-@]+$/u,
        'must fit into an AWS tag value and hold no spaces',
      )
      .optional(),
    docsUrl: z
      .string()
      .url()
      .regex(/^https?:\/\//, 'must begin with http:// or https://')
      .optional(),
    administrators: z.array(ownerRef).optional(),
    tags: tagsSchema.optional(),
    role: z
      .object({
        path: rolePath.optional(),
        permissionsBoundaryArn: policyArn.optional(),
      })
      .strict()
      .optional(),
    guardrails: guardrailsSchema.optional(),
    sweep: z
      .object({
        schedule: z
          .object({
            frequency: realDuration.optional(),
            timeout: realDuration.optional(),
          })
          .strict()
          .optional(),
        maxAge: duration.optional(),
      })
      .strict()
      .optional(),
    pacing: z
      .object({
        eksPerSecond: positiveNumber.optional(),
        iamPerSecond: positiveNumber.optional(),
        iamMostPerSecond: positiveNumber.optional(),
        cloudTrailPerSecond: positiveNumber.optional(),
        burst: positiveInteger.optional(),
        replicas: positiveInteger.optional(),
      })
      .strict()
      .optional(),
    actions: z.object({ allowPods: flag.optional() }).strict().optional(),
    evidence: z.object({ cloudTrail: flag.optional() }).strict().optional(),
    inventory: z.object({ enabled: flag.optional() }).strict().optional(),
    moves: z
      .object({
        rules: z
          .array(
            z
              .object({
                cluster: z.string().min(1),
                roleArn,
                namespace: namespacePattern,
                serviceAccount: serviceAccountPattern,
                preview: flag.optional(),
              })
              .strict(),
          )
          .optional(),
      })
      .strict()
      .optional(),
    proof: z.object({ maxAge: proofAge.optional() }).strict().optional(),
    retention: z
      .object({
        reportsPerRef: positiveInteger.optional(),
        days: positiveNumber.optional(),
      })
      .strict()
      .optional(),
    limits: z
      .object({
        operationsPerUser: positiveInteger.optional(),
        changesPerServiceAccount: positiveInteger.optional(),
        proofsPerServiceAccount: positiveInteger.optional(),
        plansPerCaller: positiveInteger.optional(),
        identitiesPerEntity: positiveInteger.optional(),
        identitiesPerOwner: positiveInteger.optional(),
        operationsPerUserPerDay: positiveInteger.optional(),
        operationsPerOwnerPerDay: positiveInteger.optional(),
        eventsPerUserPerDay: positiveInteger.optional(),
      })
      .strict()
      .optional(),
    notifications: z
      .object({
        recipients: z.enum(['tagged', 'annotated']).optional(),
        use: z.boolean().optional(),
        digest: z.boolean().optional(),
      })
      .strict()
      .optional(),
    timings: z
      .object({
        leaseTtl: realDuration.optional(),
        leaseHeartbeat: realDuration.optional(),
        rolePropagation: duration.optional(),
        associationGone: duration.optional(),
        agentInstall: duration.optional(),
        gateDeadline: duration.optional(),
        gateMinPause: realDuration.optional(),
        gateMaxPause: realDuration.optional(),
        probeDeadline: realDuration.optional(),
        probeGrace: duration.optional(),
        probeInterval: duration.optional(),
        sweepInterval: duration.optional(),
        retryPause: realDuration.optional(),
        requestTimeout: realDuration.optional(),
        connectTimeout: realDuration.optional(),
      })
      .strict()
      .optional(),
  })
  .strict();

export type RawEngine = z.infer<typeof engineSchema>;
