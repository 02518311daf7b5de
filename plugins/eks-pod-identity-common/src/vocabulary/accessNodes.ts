import { z } from 'zod/v3';
import { plain } from './disclosure';
import { object } from './schema';

/** @public */
export const accessNodeGroupKindSchema = z.enum([
  'node-group',
  'node-pool',
  'auto-mode',
  'other',
]);

/** A program that called AWS with the role of a node, and that is no component of nodes. @public */
export interface AccessNodeProgram {
  /** As people call it, such as `boto3`. */
  name: string;
  version?: string;
  /** ISO 8601. */
  lastAt: string;
  /** `sts:GetCallerIdentity`, by the name of the event. At most 10. */
  calls: string[];
}

const nodeProgramSchema = object<AccessNodeProgram>({
  name: plain(),
  version: plain().optional(),
  lastAt: plain(),
  calls: z.array(plain()),
});

/** A workload with pods in which nothing leads to AWS but their node, on a node as which a program called: it may be who did. @public */
export interface AccessNodeCandidate {
  namespace: string;
  serviceAccount: string;
  /** `Deployment api` */
  workload: string;
  /** Such pods of it on the nodes that acted. */
  pods: number;
  /** Some of them use the network of their node, and so reach its metadata whatever its hop limit. */
  hostNetwork?: boolean;
}

const nodeCandidateSchema = object<AccessNodeCandidate>({
  namespace: z.string(),
  serviceAccount: z.string(),
  workload: z.string(),
  pods: z.number().int(),
  hostNetwork: z.boolean().optional(),
});

/** Who acts as the nodes of one group. @public */
export interface AccessNodeGroup {
  kind: z.infer<typeof accessNodeGroupKindSchema>;
  /** Of the node group or pool; absent for `other`. */
  name?: string;
  nodes: number;
  /** How many of them were searched for in CloudTrail. */
  lookedAt: number;
  /** ISO 8601; since when the calls of those were read. */
  since?: string;
  /** `EC2`, `Auto Mode`, `Windows`. */
  compute: string[];
  /** ARNs of the roles that were called with. */
  roles: string[];
  /** The newest first, at most 10. */
  programs: AccessNodeProgram[];
  /**
   * On the nodes as which a program was seen to call: at most 200, those with the most pods there first. Absent where none was
   * seen, or the pods were not read. Which of them called is not recorded.
   */
  candidates?: AccessNodeCandidate[];
  /** All of them. */
  candidateCount?: number;
  /** DaemonSets of kube-system, which are not among the candidates: they belong to the node. */
  leftOut?: number;
  /** What that says, for people. */
  sentence: string;
}

/** @public */
export const accessNodeGroupSchema = object<AccessNodeGroup>({
  kind: accessNodeGroupKindSchema,
  name: z.string().optional(),
  nodes: z.number().int(),
  lookedAt: z.number().int(),
  since: plain().optional(),
  compute: z.array(plain()),
  roles: z.array(plain()),
  programs: z.array(nodeProgramSchema),
  candidates: z.array(nodeCandidateSchema).optional(),
  candidateCount: z.number().int().optional(),
  leftOut: z.number().int().optional(),
  sentence: z.string(),
});
