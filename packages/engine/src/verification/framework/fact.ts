import type { Readable } from '../../async/readable';
import type { Blocker } from './blocker';
import type { CheckId } from './checkIds';
import type { Fix } from './fix';
import type { AwsRight, KubernetesRight } from './rights';

/** Why a fact could not be read. */
export interface Lack {
  /**
   * `denied`: the portal lacks a right · `unreachable`: no answer, or none that can be used ·
   * `off`: this cluster is configured without Kubernetes access · `not-in-probe`: this run does not read it ·
   * `because`: another check's result made it pointless · `blocked`: the probe pod could not run ·
   * `withheld`: the user who asks must not have it tried.
   */
  kind:
    | 'denied'
    | 'unreachable'
    | 'off'
    | 'not-in-probe'
    | 'because'
    | 'blocked'
    | 'withheld';
  /** One plain sentence. */
  sentence: string;
  /** Which API the portal has no access to; its check `access.…` says what to do. */
  via?: 'aws' | 'kubernetes';
  /** The cluster does not know the portal's role, so that no further call under it is answered. */
  unauthorized?: boolean;
  /** Nothing answered at the endpoint of the cluster. */
  unreached?: boolean;
  aws?: AwsRight;
  kubernetes?: KubernetesRight;
  /** Of `because`: id of that check. */
  because?: CheckId;
  /** Of `blocked`: what blocked the pod. */
  blocker?: Blocker['reason'];
  /** Of `blocked` by `not-injected`: pods created in vain. */
  pods?: number;
  /** Of `blocked` by `not-injected`: the parts that the last pod lacked. */
  missing?: string[];
  /** What to do, unless it is simply granting the right. */
  fix?: Fix;
}

/** A fact that was read, or the reason why it could not be. */
export type Fact<T> = Readable<T, Lack>;

export { known } from '../../async/readable';

/** A fact that could not be read. */
export function lacking(lack: Lack): Fact<never> {
  return { known: false, lack };
}

/** The value if it was read, else undefined; for checks that can do without it. */
export function valueOf<T>(fact: Fact<T>): T | undefined {
  return fact.known ? fact.value : undefined;
}
