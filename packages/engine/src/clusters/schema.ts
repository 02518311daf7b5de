import { ConfigReader, readDurationFromConfig } from '@backstage/config';
import { durationToMilliseconds } from '@backstage/types';
import type { JsonObject } from '@backstage/types';
import {
  CLUSTER_ID_PATTERN,
  foldEntityRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { isRegion } from '../aws/partition';
import { reservedTagKey } from '../aws/tagKeys';
import { NEVER_OPTIONS } from './defaults';

/** Milliseconds: a plain number, or a duration as Backstage accepts it (`{ minutes: 5 }`, `5m`, `PT5M`). */
const duration = z.unknown().transform((value, context) => {
  const fail = () => {
    context.addIssue({
      code: 'custom',
      message:
        'must be a duration such as { minutes: 5 }, "5m" or "PT5M", or a number of milliseconds',
    });
    return z.NEVER;
  };
  if (typeof value === 'number') return value >= 0 ? value : fail();
  try {
    const config = new ConfigReader({ value } as JsonObject);
    const ms = durationToMilliseconds(
      readDurationFromConfig(config, { key: 'value' }),
    );
    return Number.isFinite(ms) && ms >= 0 ? ms : fail();
  } catch {
    return fail();
  }
});

/** What repeats or ends something: without a length it would do so all the time, or at once. */
const realDuration = duration.pipe(
  z.number().positive('must be longer than 0'),
);

/** Values from the environment arrive as text. */
const positiveNumber = z.coerce.number().positive('must be greater than 0');
const positiveInteger = positiveNumber.int('must be a whole number');
const FLAGS: Record<string, boolean> = { true: true, false: false };
const flag = z.preprocess(value => FLAGS[String(value)] ?? value, z.boolean());

const accountId = z
  .unknown()
  .refine(
    value => typeof value !== 'number',
    'must be in quotes: YAML reads it as a number and drops leading zeros',
  )
  .pipe(
    z.string().regex(/^\d{12}$/, 'must be an AWS account id of twelve digits'),
  );

const region = z
  .string()
  .refine(isRegion, 'must be an AWS region such as eu-west-1');

const roleArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/([\u0021-\u007e]+\/)?[\w+=,.@-]{1,64}$/,
    'must be the ARN of an IAM role, such as arn:aws:iam::111122223333:role/backstage-read',
  );

const policyArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::(aws|\d{12}):policy\/([\u0021-\u007e]+\/)?[\w+=,.@-]{1,128}$/,
    'must be the ARN of an IAM policy, such as arn:aws:iam::111122223333:policy/developer-boundary',
  );

const arnPattern = (kind: 'policy' | 'role') =>
  z
    .string()
    .regex(
      new RegExp(`^arn:[a-z*-]+:iam::[a-z0-9*]+:(${kind}/|\\*)[^\\s]*$`),
      `must be an IAM ${kind} ARN, "*" stands for any text, such as arn:aws:iam::111122223333:${kind}/team-*`,
    );

const namespacePattern = z
  .string()
  .regex(
    /^[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?$/,
    'must be a namespace name, "*" stands for any text',
  );

function refuseReserved(key: string, { addIssue }: z.RefinementCtx): void {
  const message = reservedTagKey(key);
  if (message) addIssue({ code: z.ZodIssueCode.custom, message });
}

const tagKey = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u,
    'has characters that AWS does not allow in a tag key',
  )
  .superRefine(refuseReserved);

const tagValue = z
  .string()
  .max(256)
  .regex(
    /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
    'has characters that AWS does not allow in a tag value',
  );

const ownerRef = z
  .string()
  .regex(
    /^(user|group):[a-z0-9-]+\/[a-z0-9_.-]+$/i,
    'must be the entity ref of a user or a group, such as group:default/platform',
  )
  .transform(foldEntityRef);

const tagsSchema = z.record(tagKey, tagValue);

const option = z
  .string()
  .regex(
    /^--[a-z0-9]+(-[a-z0-9]+)*$/,
    'must be the full name of an option, such as --bucket',
  )
  .refine(
    name => !NEVER_OPTIONS.includes(name),
    'is an option that no configuration can allow: it reads files, sends requests to other hosts, prints secrets or ignores the identity of the pod',
  );

const commandKey = z
  .string()
  .regex(
    /^[a-z0-9-]+ [a-z0-9-]+$/,
    'must be an AWS service and a command, such as "s3api head-bucket"',
  );

const tagKeyPattern = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[\p{L}\p{Z}\p{N}_.:/=+\-@*]+$/u,
    'must be a tag key, "*" stands for any text',
  )
  .superRefine(refuseReserved);

const actionPattern = z
  .string()
  .regex(
    /^[a-z0-9-]{1,64}:[A-Za-z0-9*]{1,128}$/,
    'must be an action of IAM with its service in lower case, "*" stands for any text in its name, such as batch:SubmitJob',
  );

const guardrailsSchema = z
  .object({
    managedPolicies: z
      .object({ allow: z.array(arnPattern('policy')) })
      .strict()
      .optional(),
    roles: z
      .object({
        adopt: z.array(
          arnPattern('role').refine(
            pattern =>
              !/[{}]/.test(pattern.replace(/\{\{(namespace|owner)\}\}/g, '')),
            'may hold {{namespace}} and {{owner}}, and no other braces',
          ),
        ),
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

const rolePath = z
  .string()
  .regex(
    /^\/([\u0021-\u007e]{1,510}\/)?$/,
    'must begin and end with "/", such as /backstage/',
  );

const quantities = z.record(z.string());

export const clusterSchema = z
  .object({
    name: z
      .string()
      .regex(
        /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/,
        'must be the name of an EKS cluster',
      ),
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

export type RawCluster = z.infer<typeof clusterSchema>;
export type RawGuardrails = z.infer<typeof guardrailsSchema>;

export const engineSchema = z
  .object({
    clusters: z.array(clusterSchema).optional(),
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
        cloudTrailPerSecond: positiveNumber.optional(),
        burst: positiveInteger.optional(),
        replicas: positiveInteger.optional(),
      })
      .strict()
      .optional(),
    evidence: z.object({ cloudTrail: flag.optional() }).strict().optional(),
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
