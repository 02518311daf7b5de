import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import type { Fault } from './findings';

/** A verdict with its sentence, and what else was found. */
export interface Judgement
  extends Pick<
    AccessRow,
    'addon' | 'alone' | 'movesByHand' | 'verdict' | 'sentence'
  > {
  reasons?: string[];
  /** What in the trust policy decides, one sentence each. */
  trustReasons?: string[];
  statement?: Record<string, unknown>;
  /** What is wrong today, where there is something to do about it. */
  fault?: Fault;
}

export const cannotTell = (why: string, reasons: string[] = []): Judgement => ({
  verdict: 'unknown',
  sentence: `Cannot tell: ${why}`,
  reasons,
});
