import { z } from 'zod/v3';
import { person, plain, sentence } from './disclosure';
import { object } from './schema';

/**
 * The parts of an identity that a proof depends on, as one run read them. What could not be read is left out. Two runs are
 * compared by them, to say what differs.
 *
 * @public
 */
export interface IdentityParts {
  /** Read, and not there. */
  missing?: ('association' | 'role')[];
  association?: {
    id: string;
    /** Epoch milliseconds. */
    modifiedAt?: number;
    roleArn: string;
    targetRoleArn?: string;
    disableSessionTags: boolean;
    /** Hash of the session policy. */
    policy?: string;
  };
  role?: {
    arn: string;
    /** `AROA…`: another for a role that was deleted and made again. */
    id: string;
    /** Hash of the trust policy. */
    trust: string;
    boundaryArn?: string;
  };
  policies?: {
    /** ARNs. */
    attached: string[];
    /** Names. */
    inline: string[];
  };
}

/** @public */
export const identityPartsSchema = object<IdentityParts>({
  missing: z.array(z.enum(['association', 'role'])).optional(),
  association: z
    .object({
      id: plain(),
      modifiedAt: z.number().optional(),
      roleArn: plain(),
      targetRoleArn: plain().optional(),
      disableSessionTags: z.boolean(),
      policy: plain().optional(),
    })
    .optional(),
  role: z
    .object({
      arn: plain(),
      id: plain(),
      trust: plain(),
      boundaryArn: plain().optional(),
    })
    .optional(),
  policies: z
    .object({ attached: z.array(sentence()), inline: z.array(sentence()) })
    .optional(),
});

/**
 * What gives pods an identity beside the identity itself, as one run read it: hashes. What could not be read is left out.
 *
 * @public
 */
export interface Infrastructure {
  /** Of the images of the agent. */
  agent?: string;
  /** Of the webhook's registration. */
  webhook?: string;
  /** Of the version of Kubernetes. */
  kubernetes?: string;
  /** Of each image of the nodes. */
  nodes?: string[];
  /** Of each image of the nodes on which pods of the service account run; absent where none runs. */
  nodesInUse?: string[];
}

/** @public */
export const infrastructureSchema = object<Infrastructure>({
  agent: plain().optional(),
  webhook: plain().optional(),
  kubernetes: plain().optional(),
  nodes: z.array(plain()).optional(),
  nodesInUse: z.array(plain()).optional(),
});

/** A call that changed an identity, as AWS recorded it. @public */
export interface IdentityChange {
  /** ISO 8601. */
  at: string;
  /** One sentence that names no person. */
  what: string;
  /** A person, role or service; only where the caller may read the identity. */
  by?: string;
}

/** What became of an identity between the last run that proved it and this one. @public */
export interface ChangesFound {
  /** ISO 8601: the end of the last proof, or where the search began if there is none. */
  since: string;
  /** There was a proof. */
  proven: boolean;
  /** One sentence each: what this run reads otherwise than that proof did. */
  differs: string[];
  /** What AWS recorded meanwhile, the newest first. */
  events: IdentityChange[];
  /** One sentence: what was not searched, or not all of it. Absent where nothing is searched. */
  lack?: string;
}

/** @public */
export const changesFoundSchema = object<ChangesFound>({
  since: plain(),
  proven: z.boolean(),
  differs: z.array(sentence()),
  events: z.array(
    z.object({ at: plain(), what: sentence(), by: person().optional() }),
  ),
  lack: sentence().optional(),
});
