import type { IdentityStatus } from './identityStatus';

/** What people read as the state of an identity: its status, or what overlays it. @public */
export type ShownStatus = IdentityStatus | 'verifying' | 'removing' | 'stale';

/**
 * The one place for the words of a status, and for what each of them means. Cards, pages, downloads, reports, logs and
 * notifications take them from here; translations begin with them.
 *
 * @public
 */
export const STATUS_WORDS: Readonly<
  Record<ShownStatus, { readonly word: string; readonly meaning: string }>
> = {
  broken: {
    word: 'Broken',
    meaning:
      'A pod that starts now does not get the identity, or AWS refuses what it needs.',
  },
  'no-pod-has-it': {
    word: 'No pod has it',
    meaning: 'No running pod of the component has the identity.',
  },
  'other-identity': {
    word: 'Uses other credentials',
    meaning:
      'The pods have other credentials, which come before this identity.',
  },
  'pods-not-started': {
    word: 'Pods do not start',
    meaning: 'No pod of the component runs, because something stops them.',
  },
  'restart-needed': {
    word: 'Restart needed',
    meaning: 'Running pods do not have it yet: they need a restart.',
  },
  'partly-works': {
    word: 'Partly works',
    meaning: 'Some running pods or containers do not have the identity.',
  },
  'could-not-check': {
    word: 'Could not check',
    meaning:
      'Something could not be read or tried, so whether it works is not known.',
  },
  'setting-up': {
    word: 'Setting up…',
    meaning: 'A run creates or changes it, or AWS is still spreading a change.',
  },
  'rolling-out': {
    word: 'Rolling out',
    meaning: 'A roll-out replaces the pods. The new ones are judged.',
  },
  'looks-right': {
    word: 'Looks right',
    meaning:
      'Nothing is wrong. No pod has proven it, or only too long ago, or before it, the agent, the webhook, Kubernetes or a node image changed.',
  },
  'no-workload': {
    word: 'No workload',
    meaning: 'No pod and no workload uses the service account.',
  },
  'no-identity': {
    word: 'No identity yet',
    meaning: 'It has neither an association nor a pod, and never had one.',
  },
  'uses-irsa': {
    word: 'Uses IRSA',
    meaning:
      'Its pods have their role by IRSA. It has no association, and never had one.',
  },
  verified: {
    word: 'Verified',
    meaning: 'A pod obtained the role, and all pods that run have it.',
  },
  verifying: {
    word: 'Testing…',
    meaning: 'A verification is running.',
  },
  removing: {
    word: 'Removing…',
    meaning: 'A run removes what the portal created.',
  },
  stale: {
    word: 'Out of date',
    meaning: 'The cluster could not be read since the last check.',
  },
};

/**
 * A sentence behind the word of its status, as headlines have it: `Verified, 1 note: …`.
 *
 * @param notes - warnings that leave the status as it is
 * @public
 */
export function withWord(
  status: IdentityStatus,
  sentence: string,
  notes = 0,
): string {
  const counted = notes === 1 ? ', 1 note' : `, ${notes} notes`;
  return `${STATUS_WORDS[status].word}${notes ? counted : ''}: ${sentence}`;
}

/** A sentence that stands alone: its first letter in upper case. @public */
export function capitalised(sentence: string): string {
  return sentence.charAt(0).toLocaleUpperCase('en-US') + sentence.substring(1);
}
