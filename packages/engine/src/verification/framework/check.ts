import {
  headingAnchor,
  type CheckCategory,
  type CheckResult,
  type CheckStatus,
  type ProbeLevel,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig } from '../../clusters/types';
import type { CheckId } from './checkIds';
import type { Fact } from './fact';
import type { FactName, FactTypes } from './facts';
import type { Fix } from './fix';

/** Result of a check; the runner adds the rest. */
export interface Outcome {
  status: CheckStatus;
  /** One plain sentence, or several of which `lead` is the first. */
  message: string;
  lead?: string;
  expected?: string;
  observed?: string;
  counts?: CheckResult['counts'];
  lacks?: string;
  fix?: Fix;
  resource?: CheckResult['resource'];
  /** Kept out of sentences, which every reader of the report sees. */
  nearby?: CheckResult['nearby'];
  settling?: CheckResult['settling'];
  counted?: CheckResult['counted'];
  gotThrough?: CheckResult['gotThrough'];
  withheld?: CheckResult['withheld'];
  /** Pods that a restart would fix. */
  restart?: CheckResult['restart'];
  /** What replaces an `unknown` once a pod has obtained the identity in the same run: only AWS could decide, and did. */
  onceProven?: string;
  explainedBy?: Explained;
  /** The agent answered the pod, so that it runs, wherever it hides. */
  agentAnswered?: boolean;
  attempts?: number;
  /** Which pods lack the identity, and how; kept out of reports, which count them. */
  lacking?: readonly Lacking[];
}

/** Pods that lack the identity. */
export interface Lacking {
  /**
   * `restart`: age alone is the reason, and a restart cures it · `identity`: they do not have it · `other`: another
   * identity comes before it · `start`: they cannot start.
   */
  how: 'restart' | 'identity' | 'other' | 'start';
  /** By name. */
  pods: readonly string[];
  /** Of `other`: `static keys`, `IRSA`. */
  which?: string;
  /** Other containers of these pods have it. */
  partly?: boolean;
}

/** Why a result is as it is. */
export interface Explained {
  /** Of a `skip` or an `unknown`: the check whose result made this one pointless. */
  check?: CheckId;
  /** The likeliest first: the first of these checks with a finding of its own explains a result that is not good. */
  oneOf?: readonly CheckId[];
  /** Where the cause lies, if that is not the category of the check. */
  place?: CheckCategory;
}

/** Context shared by all checks of a run. */
export interface CheckContext {
  ref: ServiceAccountRef;
  cluster: ClusterConfig;
  probe: ProbeLevel;
  /** One more pod runs in each other node group in use. */
  perNodeGroup?: boolean;
  /** By which the portal knows what it made. */
  portalId: string;
  /** Annotation `backstage.io/aws-sdk` of the entity. */
  sdk?: string;
  /** Wall time of the run, epoch milliseconds. */
  now: number;
  /** Wall time of the last known change of this identity. */
  changedAt?: number;
}

/** Metadata of a check, for reports, documentation and `explain-check`. */
export interface CheckInfo {
  /** Stable. */
  id: CheckId;
  category: CheckCategory;
  title: string;
  /** The question it answers. */
  question: string;
  /** Anchor in docs/checks.md. */
  anchor: string;
  /** Separate page, for a check that an adopter added. */
  docsUrl?: string;
  /** Probe levels whose verdict needs the result. Empty: its `unknown` never lowers a verdict. */
  neededBy: readonly ProbeLevel[];
}

/** A prerequisite: unless it succeeds, this check is skipped with that reason. */
export interface Prerequisite {
  check: CheckId;
  /** Only a failure skips this check; after an `unknown` it still runs. */
  onlyWhenFailed?: boolean;
}

/** Facts of a check: needed ones as values, used ones as `Fact`. */
export type CheckInput<N extends FactName, U extends FactName> = {
  [K in N]: FactTypes[K];
} & { [K in Exclude<U, N>]: Fact<FactTypes[K]> };

/**
 * A check: metadata, the facts it depends on, and a function from those facts to a result. Ours are pure; those of
 * adopters may read other sources, hence the promise.
 */
export interface Check<
  N extends FactName = FactName,
  U extends FactName = FactName,
> extends CheckInfo {
  /** Of every result that says nothing else. */
  about?: Pick<CheckResult, 'resource' | 'tested'>;
  /** The request names it: where it is withheld, an answer is missing. */
  asked?: boolean;
  dependsOn: readonly Prerequisite[];
  /** Required facts: a lack of one becomes the result. */
  needs: readonly N[];
  /** Optional facts: the check decides what a lack means. */
  uses: readonly U[];
  evaluate(
    facts: CheckInput<N, U>,
    context: CheckContext,
  ): Outcome | Promise<Outcome>;
}

/** A check without its type parameters, as the runner holds it. */
export type AnyCheck = Check<any, any>;

/** Every level; most checks are needed at all of them. */
export const ALL_LEVELS: readonly ProbeLevel[] = ['none', 'admission', 'pod'];

/** Defines a check; its anchor in docs/checks.md is derived from its id. */
export function defineCheck<N extends FactName, U extends FactName = never>(
  check: CheckInfoInput & {
    about?: AnyCheck['about'];
    dependsOn?: readonly (CheckId | Prerequisite)[];
    needs: readonly N[];
    uses?: readonly U[];
    evaluate: Check<N, U>['evaluate'];
  },
): AnyCheck {
  return {
    ...check,
    anchor: headingAnchor(check.id),
    dependsOn: (check.dependsOn ?? []).map(prerequisite =>
      typeof prerequisite === 'string' ? { check: prerequisite } : prerequisite,
    ),
    uses: check.uses ?? [],
  };
}

type CheckInfoInput = Omit<CheckInfo, 'anchor'>;

/** Where a check is documented: below the published page, or in this repository. @public */
export function docsUrlOf(base: string | undefined, anchor: string): string {
  return `${base ?? 'docs/checks.md'}#${anchor}`;
}

const said =
  (status: CheckStatus) =>
  (
    message: string | readonly [lead: string, ...more: string[]],
    rest: Partial<Outcome> = {},
  ): Outcome => {
    const [lead, ...more] = typeof message === 'string' ? [message] : message;
    return {
      status,
      message: [lead, ...more].join(' '),
      ...(more.length ? { lead } : {}),
      ...rest,
    };
  };

export const pass = said('pass');
export const note = said('note');
export const warn = said('warn');
export const fail = said('fail');
export const skip = said('skip');
export const unknown = said('unknown');
