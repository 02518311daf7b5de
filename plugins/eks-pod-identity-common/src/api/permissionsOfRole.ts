import { z } from 'zod/v3';
import { plain, sentence } from '../vocabulary/disclosure';
import { object } from '../vocabulary/schema';

/** One kind of access that a policy allows or denies, in words. @public */
export interface PolicyLine {
  effect: 'allow' | 'deny';
  /** `reads objects of acme-payments-receipts` */
  text: string;
  /** All of them have to hold: `aws:SourceVpce is vpce-1`. */
  conditions: string[];
}

/** A permissions policy of a role. @public */
export interface PolicyInWords {
  name: string;
  /** Of a managed policy. */
  arn?: string;
  /** Absent where it could not be read. */
  lines?: PolicyLine[];
  /** The document as IAM has it. */
  document?: unknown;
  /** Why it could not be read. */
  unread?: string;
}

/** What the policies of the role let an identity do. @public */
export interface IdentityPermissions {
  /** The role that calls are made with: the target role where the association has one. */
  roleArn: string;
  policies: PolicyInWords[];
  /** Nothing is allowed that this policy does not allow as well. */
  boundaryArn?: string;
  /** ISO 8601. */
  readAt: string;
}

const policyLineSchema = object<PolicyLine>({
  effect: z.enum(['allow', 'deny']),
  text: sentence(),
  conditions: z.array(sentence()),
});

const policyInWordsSchema = object<PolicyInWords>({
  name: plain(),
  arn: plain().optional(),
  lines: z.array(policyLineSchema).optional(),
  document: z.unknown().optional(),
  unread: sentence().optional(),
});

/** @public */
export const identityPermissionsSchema = object<IdentityPermissions>({
  roleArn: plain(),
  policies: z.array(policyInWordsSchema),
  boundaryArn: plain().optional(),
  readAt: plain(),
});
