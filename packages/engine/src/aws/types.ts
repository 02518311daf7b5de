import type { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { STSClient } from '@aws-sdk/client-sts';
import type { ProxyTrouble } from '../network/ProxyError';
import type { DenialLayer } from './denial';

/**
 * The SDK's clients of one account and region under one role, behind the engine's pacing and counting. An abort signal
 * ends the request and its retries. Errors are thrown as the SDK's, see `classifyAwsError`.
 */
export interface AwsClients {
  eks: EKSClient;
  iam: IAMClient;
  sts: STSClient;
  /** Created, and its package loaded, on first use. */
  readonly ec2: EC2Client;
  /** Created, and its package loaded, on first use. */
  readonly cloudtrail: CloudTrailClient;
}

/** Meaning of an AWS error to the engine; the services use different codes for it. */
export interface AwsErrorInfo {
  kind:
    | 'not-found'
    | 'denied'
    /** A resource of that name already exists, or another caller changed it meanwhile. */
    | 'conflict'
    /** It cannot be deleted or changed yet, because another resource depends on it. */
    | 'in-use'
    | 'invalid'
    | 'limit'
    | 'throttled'
    | 'unreachable'
    | 'credentials'
    | 'aborted'
    | 'server'
    | 'other';
  /** AWS's own code, such as `NoSuchEntity`. */
  code: string;
  /** AWS's own sentence. */
  message: string;
  /** HTTP status, if there was an answer. */
  status?: number;
  /** Of `unreachable`: the proxy that opened no way to AWS. */
  proxy?: ProxyTrouble;
  /** Of a denial: the action and resource, if the message names them. */
  action?: string;
  resource?: string;
  principal?: string;
  /** Of a denial: the layer, if AWS names it. */
  layer?: DenialLayer;
}
