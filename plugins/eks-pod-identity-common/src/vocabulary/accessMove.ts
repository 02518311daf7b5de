import { z } from 'zod/v3';
import {
  type AccessRole,
  accessRoleSchema,
  type AccessRow,
  type AccessVerdict,
  accessVerdictSchema,
} from './access';
import { entityRef, plain } from './disclosure';
import { type ServiceAccountRef, serviceAccountRefSchema } from './ref';
import { object } from './schema';

/**
 * Of a move from IRSA to Pod Identity, in the order in which nothing loses its access.
 *
 * @public
 */
export const moveStageIdSchema = z.enum([
  'role',
  'trust',
  'rehearsal',
  'association',
  'gate',
  'restart',
  'old-trust',
  'annotation',
]);
/**
 * A stage of a move.
 *
 * - `role`: of the cluster's account, where the old role is of another
 * - `trust`: the role lets Pod Identity in beside IRSA, or the role of the cluster's account
 * - `rehearsal`: another service account proves the new road, while nothing of the workload is touched
 * - `association`: from here on new pods take the new road
 * - `gate`: every API server hands out the new road, and a pod of its own proves it
 * - `restart`: one workload after the other, each proven before the next
 * - `old-trust`: the role no longer lets the service account in by IRSA
 * - `annotation`: the service account no longer asks for IRSA
 *
 * @public
 */
export type MoveStageId = z.infer<typeof moveStageIdSchema>;

/** @public */
export const accessMoveStateSchema = z.enum([
  'moving',
  'waiting',
  'stopped',
  'moved',
  'finished',
  'going-back',
]);

/** Where the move of a service account by this portal stands, beside what the last look saw of it. @public */
export interface AccessMove {
  /**
   * - `moving`, `going-back`: under way
   * - `waiting`: it has stopped, and waits for a user to continue it or to roll it back
   * - `stopped`: it broke off; what it had done by then stands
   * - `moved`: its pods use Pod Identity; the role still lets it in by IRSA
   * - `finished`: it no longer does
   */
  state: z.infer<typeof accessMoveStateSchema>;
  /** The one that it is at; of a move that has ended, the one that comes next. Absent before the first. */
  stage?: MoveStageId;
  /** ISO 8601; since when it stands so. */
  since: string;
}

/** @public */
export const accessMoveSchema = object<AccessMove>({
  state: accessMoveStateSchema,
  stage: moveStageIdSchema.optional(),
  since: plain(),
});

/** Of these something is to be moved, or left of a move; why not of others, their rows say. @public */
export const mayMove = ({
  alone,
  verdict: ofAll,
  statement,
  movesByHand,
}: Pick<
  AccessRow,
  'alone' | 'verdict' | 'statement' | 'movesByHand'
>): boolean => {
  const verdict = alone ?? ofAll;
  return (
    ['ready', 'ready-tags-off', 'left-over'].includes(verdict) ||
    (verdict === 'needs-owner' && statement !== undefined) ||
    movesByHand === true
  );
};

/** One stage of a move, as it stands. @public */
export interface MoveStage {
  id: MoveStageId;
  title: string;
  /** `left-out`: the move goes without it; the notes say why. */
  state: 'done' | 'to-do' | 'left-out';
  /** What it does, whom it concerns and what to know first; sentences. */
  notes: string[];
  /** Bash; absent if another does it (the portal, the owner of the role), or if there is nothing to do now. */
  commands?: string;
  /** Of a trust policy in another account, as its owner has to write them. */
  statements?: Record<string, unknown>[];
  /** What shows that it is done; a sentence. */
  until?: string;
}

/** How a moved workload goes back to IRSA. @public */
export interface MoveBack {
  /** No request for credentials is refused on the way. */
  possible: boolean;
  /** Why, or why not; sentences. */
  notes: string[];
  /** Why there is none once the rest has moved as well; sentences. Absent where there is one then, or none now. */
  onceMoved?: string[];
  /** Bash; absent where there is no way. */
  commands?: string;
  /** Bash, to run before those while its pods work by Pod Identity. */
  before?: string;
  /** Bash: makes the association again, where the way back does not end well. */
  again?: string;
}

/** The way of one service account from IRSA to Pod Identity, and back. @public */
export interface MovePlan {
  ref: ServiceAccountRef;
  /** ISO 8601: when everything was read. */
  at: string;
  verdict: AccessVerdict;
  /** Why it can be moved, or why not. */
  sentence: string;
  /** What else decides, or is worth knowing: one sentence each. */
  reasons: string[];
  role?: AccessRole;
  /** The statement that the trust policy of the role lacks, for the source that the role is made from. */
  statement?: Record<string, unknown>;
  /**
   * Of the portal's own statement in the trust policy of the role: it adds it when it rehearses or moves, or a record says that
   * it has. Absent where neither is so.
   */
  ownStatement?: 'to-add' | 'added';
  /**
   * Of IRSA in the trust policy of the role: the portal takes the service account out of it when it finishes the move, or a
   * record says that it has, so that going back puts it in again. Absent where neither is so.
   */
  irsa?: 'to-take-out' | 'taken-out';
  /** The portal performs none of it: the old role is of another account, or an add-on of EKS has the service account. */
  byHand?: true;
  /** What to look at before the first command. */
  before?: { notes: string[]; commands?: string };
  /** Empty where nothing is to be moved, or a move would take something away. */
  stages: MoveStage[];
  back?: MoveBack;
  /** What the caller may have the portal do; absent where a program plans. Of what goes by hand it is at most the way back of an earlier move. */
  can?: { migrate: boolean; rollback: boolean };
}

/** What moves of one service account wrote into the trust policy of a role, for as long as it is left there. @public */
export interface MoveRecord {
  /** Of the form of `record`. */
  version: number;
  ref: ServiceAccountRef;
  roleArn: string;
  /** `statements` that were added, and what was `taken` out of IRSA, as it stood. */
  record: Record<string, unknown>;
  /** As in the plan. Both are absent where a later version of the portal wrote the record. */
  ownStatement?: 'added';
  irsa?: 'taken-out';
  /** ISO 8601; when a statement was last added, or, where none was, the service account first taken out of IRSA. */
  since?: string;
  /** Entity ref of the component for which it was written. */
  entityRef?: string;
  /** How the move stands. Absent where none does, as after a rehearsal alone. */
  move?: AccessMove;
}

/** @public */
export const moveRecordSchema = object<MoveRecord>({
  version: z.number().int(),
  ref: serviceAccountRefSchema,
  roleArn: plain(),
  record: z.record(z.unknown()),
  ownStatement: z.literal('added').optional(),
  irsa: z.literal('taken-out').optional(),
  since: plain().optional(),
  entityRef: entityRef().optional(),
  move: accessMoveSchema.optional(),
});

/** @public */
export const movePlanSchema = object<MovePlan>({
  ref: serviceAccountRefSchema,
  at: plain(),
  verdict: accessVerdictSchema,
  sentence: z.string(),
  reasons: z.array(z.string()),
  role: accessRoleSchema.optional(),
  statement: z.record(z.unknown()).optional(),
  ownStatement: z.enum(['to-add', 'added']).optional(),
  irsa: z.enum(['to-take-out', 'taken-out']).optional(),
  byHand: z.literal(true).optional(),
  before: z
    .object({ notes: z.array(z.string()), commands: z.string().optional() })
    .optional(),
  stages: z.array(
    object<MoveStage>({
      id: moveStageIdSchema,
      title: plain(),
      state: z.enum(['done', 'to-do', 'left-out']),
      notes: z.array(z.string()),
      commands: z.string().optional(),
      statements: z.array(z.record(z.unknown())).optional(),
      until: plain().optional(),
    }),
  ),
  back: object<MoveBack>({
    possible: z.boolean(),
    notes: z.array(z.string()),
    onceMoved: z.array(z.string()).optional(),
    commands: z.string().optional(),
    before: z.string().optional(),
    again: z.string().optional(),
  }).optional(),
  can: z.object({ migrate: z.boolean(), rollback: z.boolean() }).optional(),
});
