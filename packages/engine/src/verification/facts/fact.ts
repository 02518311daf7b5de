import type { Readable } from '../../async/readable';
import type { Blocker } from '../probe/blocker';
import type { AwsRight, KubernetesRight } from '../rights';

/** Why something could not be looked at. */
export interface Lack {
  /**
   * `denied`: the portal lacks a right · `unreachable`: no answer, or none that can be used ·
   * `off`: this cluster is configured without Kubernetes access · `not-in-probe`: this run does not look there ·
   * `because`: another check's answer made it pointless · `blocked`: the probe pod could not run.
   */
  kind:
    | 'denied'
    | 'unreachable'
    | 'off'
    | 'not-in-probe'
    | 'because'
    | 'blocked';
  /** One plain sentence. */
  sentence: string;
  aws?: AwsRight;
  kubernetes?: KubernetesRight;
  /** Of `because`: id of that check. */
  because?: string;
  /** Of `blocked`: what held the pod up. */
  blocker?: Blocker['reason'];
  /** Of `blocked` by `not-injected`: pods created in vain. */
  pods?: number;
  /** What to do, where that is not simply granting the right. */
  fix?: {
    cause: string;
    actions: string[];
    snippet?: { language: string; text: string };
  };
}

/** Something that was looked at, or the reason why it could not be. */
export type Fact<T> = Readable<T, Lack>;

export { known } from '../../async/readable';

/** A fact that could not be looked at. */
export function lacking(lack: Lack): Fact<never> {
  return { known: false, lack };
}

/** The value where it was seen, else undefined. For checks that can do without. */
export function valueOf<T>(fact: Fact<T>): T | undefined {
  return fact.known ? fact.value : undefined;
}
