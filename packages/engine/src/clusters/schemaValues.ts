import { ConfigReader, readDurationFromConfig } from '@backstage/config';
import { durationToMilliseconds } from '@backstage/types';
import type { JsonObject } from '@backstage/types';
import { foldEntityRef } from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { isRegion } from '../aws/partition';
import { reservedTagKey } from '../aws/tagKeys';
import { NEVER_OPTIONS } from './defaults';

/** Milliseconds: a plain number, or a duration as Backstage accepts it (`{ minutes: 5 }`, `5m`, `PT5M`). */
export const duration = z.unknown().transform((value, context) => {
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
export const realDuration = duration.pipe(
  z.number().positive('must be longer than 0'),
);

const DAY_MS = 24 * 3_600_000;

/** Not so short that a proof fades between two sweeps, nor so long that none ever does. */
export const proofAge = duration.pipe(
  z
    .number()
    .min(DAY_MS, 'must be at least a day')
    .max(365 * DAY_MS, 'must be at most 365 days'),
);

/** Values from the environment arrive as text. */
export const positiveNumber = z.coerce
  .number()
  .positive('must be greater than 0');
export const positiveInteger = positiveNumber.int('must be a whole number');
const FLAGS: Record<string, boolean> = { true: true, false: false };
export const flag = z.preprocess(
  value => FLAGS[String(value)] ?? value,
  z.boolean(),
);

export const accountId = z
  .unknown()
  .refine(
    value => typeof value !== 'number',
    'must be in quotes: YAML reads it as a number and drops leading zeros',
  )
  .pipe(
    z.string().regex(/^\d{12}$/, 'must be an AWS account id of twelve digits'),
  );

export const region = z
  .string()
  .refine(isRegion, 'must be an AWS region such as eu-west-1');

export const roleArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/([\u0021-\u007e]+\/)?[\w+=,.@-]{1,64}$/,
    'must be the ARN of an IAM role, such as arn:aws:iam::111122223333:role/backstage-read',
  );

export const policyArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::(aws|\d{12}):policy\/([\u0021-\u007e]+\/)?[\w+=,.@-]{1,128}$/,
    'must be the ARN of an IAM policy, such as arn:aws:iam::111122223333:policy/developer-boundary',
  );

export const arnPattern = (kind: 'policy' | 'role') =>
  z
    .string()
    .regex(
      new RegExp(`^arn:[a-z*-]+:iam::[a-z0-9*]+:(${kind}/|\\*)[^\\s]*$`),
      `must be an IAM ${kind} ARN, "*" stands for any text, such as arn:aws:iam::111122223333:${kind}/team-*`,
    );

export const namespacePattern = z
  .string()
  .regex(
    /^[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?$/,
    'must be a namespace name, "*" stands for any text',
  );

export const serviceAccountPattern = z
  .string()
  .regex(
    /^[a-z0-9*]([-.a-z0-9*]{0,251}[a-z0-9*])?$/,
    'must be the name of a service account, "*" stands for any text',
  );

export const clusterName = z
  .string()
  .regex(
    /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/,
    'must be the name of an EKS cluster',
  );

export const clusterNamePattern = z
  .string()
  .refine(
    pattern => clusterName.safeParse(pattern.replaceAll('*', 'x')).success,
    'must be the name of an EKS cluster, "*" stands for any text',
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

export const ownerRef = z
  .string()
  .regex(
    /^(user|group):[a-z0-9-]+\/[a-z0-9_.-]+$/i,
    'must be the entity ref of a user or a group, such as group:default/platform',
  )
  .transform(foldEntityRef);

export const tagsSchema = z.record(tagKey, tagValue);

export const option = z
  .string()
  .regex(
    /^--[a-z0-9]+(-[a-z0-9]+)*$/,
    'must be the full name of an option, such as --bucket',
  )
  .refine(
    name => !NEVER_OPTIONS.includes(name),
    'is an option that no configuration can allow: it reads files, sends requests to other hosts, prints secrets or ignores the identity of the pod',
  );

export const commandKey = z
  .string()
  .regex(
    /^[a-z0-9-]+ [a-z0-9-]+$/,
    'must be an AWS service and a command, such as "s3api head-bucket"',
  );

export const tagKeyPattern = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[\p{L}\p{Z}\p{N}_.:/=+\-@*]+$/u,
    'must be a tag key, "*" stands for any text',
  )
  .superRefine(refuseReserved);

export const actionPattern = z
  .string()
  .regex(
    /^[a-z0-9-]{1,64}:[A-Za-z0-9*]{1,128}$/,
    'must be an action of IAM with its service in lower case, "*" stands for any text in its name, such as batch:SubmitJob',
  );

export const rolePath = z
  .string()
  .regex(
    /^\/([\u0021-\u007e]{1,510}\/)?$/,
    'must begin and end with "/", such as /backstage/',
  );

export const quantities = z.record(z.string());
