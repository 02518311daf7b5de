import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import { defineCheck, note, type Outcome, pass, skip, warn } from '../check';
import { valueOf } from '../facts/fact';
import type { PodFact } from '../facts/types';
import { byOwner, inWords, restartCommand } from '../workloadsOf';

const SECOND = 1_000;
const HOUR = 3_600_000;

/** True if no container of the pod has the identity. */
function lacksInjection(pod: PodFact): boolean {
  return !pod.containers.some(container => container.injected);
}

function optedOut(pod: PodFact): boolean {
  return (
    pod.skipped ||
    pod.containers.every(container =>
      pod.skipContainers.includes(container.name),
    )
  );
}

/** A change after which pods may go on with what they got before it. */
interface Change {
  at: number | undefined;
  /** What the pods are, and what follows, each as part of a sentence. */
  older: string;
  then: string;
  cause: string;
  harmful: boolean;
}

/** Newest harm first: what older pods hold is refused, is for another role, or may be. */
function changesOf(association: Association, role: Role | undefined): Change[] {
  const { createdAt, modifiedAt } = association;
  const known = createdAt !== undefined && modifiedAt !== undefined;
  const recreated =
    known &&
    role?.createdAt !== undefined &&
    role.createdAt > Math.max(createdAt, modifiedAt);
  return [
    {
      at: recreated ? role.createdAt : undefined,
      older: `the role ${role?.name}, which was deleted and made anew`,
      then: 'AWS refuses what they hold of the deleted one',
      cause:
        'Credentials belong to the unique id of a role, not to its name, and the agent keeps them until it has to renew them.',
      harmful: true,
    },
    {
      at: createdAt,
      older: 'the association, so they got the identity from a former one',
      then: 'they may use its role',
      cause:
        'The association was deleted and made anew, and the agent keeps credentials until it has to renew them.',
      harmful: true,
    },
    {
      at: known && modifiedAt > createdAt ? modifiedAt : undefined,
      older: 'the last change of the association',
      then: 'may use the former role',
      cause: 'The agent keeps credentials until it has to renew them.',
      harmful: false,
    },
  ];
}

/** Pods that got the identity before something changed, as long as the agent may keep what it gave them. */
function formerCredentials(
  pods: readonly PodFact[],
  association: Association | undefined,
  role: Role | undefined,
  { now, namespace }: { now: number; namespace: string },
): Outcome | undefined {
  if (!association) return undefined;
  // The agent renews after at most six hours, 59 minutes with a target role.
  const renewed = association.targetRoleArn ? HOUR : 6 * HOUR;
  for (const { at, older, then, cause, harmful } of changesOf(
    association,
    role,
  )) {
    if (at === undefined || now - at >= renewed) continue;
    // Kubernetes writes whole seconds, and cuts off the rest.
    const affected = pods.filter(
      pod => pod.createdAt !== undefined && pod.createdAt + SECOND <= at,
    );
    if (affected.length === 0) continue;
    const say = harmful ? warn : note;
    return say(
      `${affected.length} of ${
        pods.length
      } running pods are older than ${older}${
        harmful ? ':' : ' and'
      } ${then} for up to ${
        association.targetRoleArn ? 'an hour' : 'six hours'
      }.`,
      {
        fix: {
          cause,
          actions: [
            harmful
              ? 'Restart the workloads: new pods get new credentials.'
              : 'Restart the workloads if the change must hold at once.',
          ],
          snippet: {
            language: 'bash',
            text: restartCommand(namespace, byOwner(affected)),
          },
        },
      },
    );
  }
  return undefined;
}

/** Containers without the identity beside others that have it. */
function leftOut(pods: readonly PodFact[]): Outcome | undefined {
  const partly = pods.flatMap(pod =>
    pod.containers
      .filter(one => !one.injected && !one.foreignCredentialsUri)
      .map(({ name }) => ({
        owner: pod.owner,
        pod: pod.name,
        name,
        main: name === pod.mainContainer,
        skipped: pod.skipContainers.includes(name),
      })),
  );
  if (partly.length === 0) return undefined;
  const mains = partly.filter(one => one.main);
  const shown = mains.length ? mains : partly;
  const names = [...new Set(shown.map(one => one.name))];
  const count = new Set(shown.map(one => one.pod)).size;
  const sentence = `${count} of ${
    pods.length
  } running pods have a container without the identity beside others that have it: ${names.join(
    ', ',
  )} of ${[
    ...new Set(shown.map(({ owner }) => `${owner.kind} ${owner.name}`)),
  ].join(', ')}.`;
  // Sidecars are left out on purpose; the main container hardly ever.
  if (mains.length === 0) return note(sentence);
  return warn(sentence, {
    fix: {
      cause: mains.some(one => one.skipped)
        ? 'The annotation eks.amazonaws.com/skip-containers names the main container of the pod.'
        : 'Something took the variables or the token out of the main container after the webhook had added them.',
      actions: [
        mains.some(one => one.skipped)
          ? `Take ${names.join(
              ', ',
            )} out of the annotation eks.amazonaws.com/skip-containers in the pod template and roll it out.`
          : 'Look at the webhooks that change pods after pod-identity-webhook.',
      ],
    },
  });
}

export const workloadsInjected = defineCheck({
  id: 'workloads.injected',
  category: 'workloads',
  title: 'Running pods have the identity',
  question:
    'Do the pods that run now have the variables and the token of Pod Identity?',
  neededBy: [],
  dependsOn: [{ check: 'association.exists', onlyWhenFailed: true }],
  needs: ['pods'],
  uses: ['association', 'role'],
  evaluate({ pods, association, role }, { ref, now }) {
    if (pods.length === 0) {
      return skip('Not applicable: no pod runs under this ServiceAccount.');
    }
    const lacking = pods.filter(lacksInjection);
    const having = pods.length - lacking.length;
    const observed = `${having} of ${pods.length} running pods`;
    if (lacking.length) {
      const missed = lacking.filter(pod => !optedOut(pod));
      if (missed.length === 0) {
        return warn(
          `${lacking.length} of ${
            pods.length
          } running pods opted out of Pod Identity: ${inWords(
            byOwner(lacking),
          )}.`,
          {
            observed,
            fix: {
              cause:
                'They carry the label eks.amazonaws.com/skip-pod-identity-webhook or the annotation eks.amazonaws.com/skip-containers.',
              actions: [
                'Remove the label or annotation from the pod template if the pods should have the identity.',
              ],
            },
          },
        );
      }
      const toRestart = byOwner(missed);
      return warn(
        `${missed.length} of ${
          pods.length
        } running pods run without the identity: ${inWords(toRestart)}.`,
        {
          expected: `${having + missed.length} of ${pods.length} running pods`,
          observed,
          fix: {
            cause:
              'A pod receives the identity only when it is created; these were created before the association had reached the API server.',
            actions: [
              toRestart.length === 1
                ? 'Restart the workload with this command; restarting its containers is not enough.'
                : 'Restart the workloads with these commands; restarting their containers is not enough.',
            ],
            snippet: {
              language: 'bash',
              text: restartCommand(ref.namespace, toRestart),
            },
          },
        },
      );
    }
    const outcome =
      formerCredentials(
        pods,
        valueOf(association) ?? undefined,
        valueOf(role) ?? undefined,
        { now, namespace: ref.namespace },
      ) ?? leftOut(pods);
    if (outcome) return { observed, ...outcome };
    return pass(
      pods.length === 1
        ? 'The running pod has the identity.'
        : `All ${pods.length} running pods have the identity.`,
      { observed },
    );
  },
});
