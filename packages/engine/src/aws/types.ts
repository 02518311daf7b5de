import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { STSClient } from '@aws-sdk/client-sts';
import type { DenialLayer } from './denial';

/**
 * The SDK's clients of one account and region under one role, behind the engine's pacing and counting. An abort signal
 * ends the request and its retries. Errors are thrown as the SDK's, see `classifyAwsError`.
 */
export interface AwsClients {
  eks: EKSClient;
  iam: IAMClient;
  sts: STSClient;
  /** Made, and its package loaded, when it is first asked for. */
  readonly ec2: EC2Client;
}

/** What an AWS error means to us, whatever the service calls it (facts §1.2: names differ between services). */
export interface AwsErrorInfo {
  kind:
    | 'not-found'
    | 'denied'
    /** Something of that name is there already, or was changed by somebody else meanwhile. */
    | 'conflict'
    /** It cannot go or change yet, because something else hangs on it. */
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
  /** HTTP status, if there was an answer at all. */
  status?: number;
  /** Of a denial: the action and resource the message names, as far as it does. */
  action?: string;
  resource?: string;
  principal?: string;
  /** Of a denial: the layer AWS names. */
  layer?: DenialLayer;
}
