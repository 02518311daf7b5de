import type {
  CheckCategory,
  CheckFix,
  CheckResult,
  CheckStatus,
  ProbeLevel,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig } from '../clusters/types';
import type { Fact } from './facts/fact';
import type { FactName, FactTypes } from './facts/types';

/** What a check answers; the runner adds the rest. */
export interface Outcome {
  status: CheckStatus;
  /** One plain sentence. */
  message: string;
  expected?: string;
  observed?: string;
  fix?: CheckFix;
  resource?: CheckResult['resource'];
  /** Never in a sentence: sentences are for everybody who reads the report. */
  nearby?: CheckResult['nearby'];
  /** Of a `skip`: the check whose answer made this one pointless. */
  becauseOf?: string;
  attempts?: number;
}

/** What is the same for every check of a run. */
export interface CheckContext {
  ref: ServiceAccountRef;
  cluster: ClusterConfig;
  probe: ProbeLevel;
  /** Wall time of the run, epoch milliseconds. */
  now: number;
  /** Wall time of the last change of this identity, where one is known. */
  changedAt?: number;
}

/** Metadata of a check, for reports, documentation and `explain-check`. */
export interface CheckInfo {
  /** Stable: `role.trust-policy`. */
  id: string;
  category: CheckCategory;
  title: string;
  /** What it asks, one question. */
  question: string;
  /** Anchor in docs/checks.md. */
  anchor: string;
  /** Page of its own, of a check that an adopter added. */
  docsUrl?: string;
  /** Probe levels whose verdict needs the answer. Empty: its `unknown` never lowers a verdict. */
  neededBy: readonly ProbeLevel[];
}

/** A prerequisite: unless it answered well, this check is skipped with that reason. */
export interface Prerequisite {
  check: string;
  /** Only a failure makes this check pointless; when nobody could look, it still looks itself. */
  onlyWhenFailed?: boolean;
}

/** What a check gets: needed facts as values, used ones as they are. */
export type CheckInput<N extends FactName, U extends FactName> = {
  [K in N]: FactTypes[K];
} & { [K in Exclude<U, N>]: Fact<FactTypes[K]> };

/**
 * One question: metadata, the facts it stands on, and a function from those facts to an answer. Ours are pure;
 * those of adopters may look elsewhere, hence the promise.
 */
export interface Check<
  N extends FactName = FactName,
  U extends FactName = FactName,
> extends CheckInfo {
  dependsOn: readonly Prerequisite[];
  /** Facts without which there is no answer: a lack of one is the answer. */
  needs: readonly N[];
  /** Facts that may be lacking: the check itself says what that means. */
  uses: readonly U[];
  evaluate(
    facts: CheckInput<N, U>,
    context: CheckContext,
  ): Outcome | Promise<Outcome>;
}

/** Check with its fact names forgotten, as the runner holds it. */
export type AnyCheck = Check<any, any>;

/** Every level; most checks are needed by all. */
export const ALL_LEVELS: readonly ProbeLevel[] = ['none', 'admission', 'pod'];

/** Defines a check; the anchor in docs/checks.md is made from its id. */
export function defineCheck<N extends FactName, U extends FactName = never>(
  check: CheckInfoInput & {
    dependsOn?: readonly (string | Prerequisite)[];
    needs: readonly N[];
    uses?: readonly U[];
    evaluate: Check<N, U>['evaluate'];
  },
): AnyCheck {
  return {
    ...check,
    anchor: anchorOf(check.id),
    dependsOn: (check.dependsOn ?? []).map(prerequisite =>
      typeof prerequisite === 'string' ? { check: prerequisite } : prerequisite,
    ),
    uses: check.uses ?? [],
  };
}

type CheckInfoInput = Omit<CheckInfo, 'anchor'>;

/** `role.trust-policy` → `roletrust-policy`, as Markdown renderers make anchors of headings. */
export function anchorOf(id: string): string {
  return id.toLowerCase().replace(/[^a-z0-9 -]/g, '');
}

/** Where a check is documented: below the published page, or in this repository. */
export function docsUrlOf(base: string | undefined, anchor: string): string {
  return `${base ?? 'docs/checks.md'}#${anchor}`;
}

export const pass = (
  message: string,
  rest: Partial<Outcome> = {},
): Outcome => ({ status: 'pass', message, ...rest });
export const note = (
  message: string,
  rest: Partial<Outcome> = {},
): Outcome => ({ status: 'note', message, ...rest });
export const warn = (
  message: string,
  rest: Partial<Outcome> = {},
): Outcome => ({ status: 'warn', message, ...rest });
export const fail = (
  message: string,
  rest: Partial<Outcome> = {},
): Outcome => ({ status: 'fail', message, ...rest });
export const skip = (
  message: string,
  rest: Partial<Outcome> = {},
): Outcome => ({ status: 'skip', message, ...rest });
export const unknown = (
  message: string,
  rest: Partial<Outcome> = {},
): Outcome => ({ status: 'unknown', message, ...rest });
