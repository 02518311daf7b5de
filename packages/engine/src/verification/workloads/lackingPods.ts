import type { Association } from '../../aws/association';
import type { Command } from '../../text/bash';
import { note, type Outcome, warn } from '../framework/check';
import type { ContainerFact, PodFact } from '../framework/facts/workloads';
import type { Fix } from '../framework/fix';
import {
  byOwner,
  changedElsewhere,
  setEnvCommands,
  templatePatches,
  type Workload,
} from '../framework/workloadsOf';
import { restartOf } from '../admission/restart';

const SKIP_WEBHOOK = 'eks.amazonaws.com/skip-pod-identity-webhook';
const SKIP_CONTAINERS = 'eks.amazonaws.com/skip-containers';
/** Where one of the first two is set already, the webhook adds neither. */
const VARIABLES = [
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
];

/** True if no container of the pod has the identity. */
export function lacksInjection(pod: PodFact): boolean {
  return !pod.containers.some(container => container.injected);
}

export function optedOut(pod: PodFact): boolean {
  return (
    pod.skipped ||
    pod.containers.every(container =>
      pod.skipContainers.includes(container.name),
    )
  );
}

/** Variables of Pod Identity that a container has although the webhook gave it none. */
const ownVariables = ({ injected, missing }: ContainerFact) =>
  injected ? [] : VARIABLES.filter(name => !missing.includes(name));

/** The webhook was called and mounted its token, but left the variables alone, because the template sets one of them. */
const presets = (container: ContainerFact) =>
  !container.missing.includes('the token volume') &&
  ownVariables(container).length > 0;

/** The template sets variables of Pod Identity itself; a restart changes nothing. */
export const setsOwnVariables = (pod: PodFact) => pod.containers.some(presets);

/** The pod asks elsewhere for credentials; `workloads.shadowed` takes that out of the template. */
export const setsOwnAddress = (pod: PodFact) =>
  pod.containers.some(container => container.foreignCredentialsUri);

/** Takes the opt-out of whole pods, and of these containers, out of the templates. */
function optInCommands(
  namespace: string,
  workloads: readonly Workload<PodFact>[],
  containers?: readonly string[],
): Command[] {
  return templatePatches(namespace, workloads, ([pod]) => {
    const left = containers
      ? pod.skipContainers.filter(name => !containers.includes(name))
      : [];
    return {
      ...(pod.skipContainers.length
        ? { annotations: { [SKIP_CONTAINERS]: left.join(',') || null } }
        : {}),
      ...(pod.skipped ? { labels: { [SKIP_WEBHOOK]: null } } : {}),
    };
  });
}

/** Pods that were meant to go without. */
export function optedOutFix(namespace: string, pods: readonly PodFact[]): Fix {
  return {
    cause: `They carry the label ${SKIP_WEBHOOK} or the annotation ${SKIP_CONTAINERS}.`,
    actions: [
      'Remove the label or annotation from the pod template if the pods should have the identity.',
      ...changedElsewhere(byOwner(pods)),
    ],
    commands: optInCommands(namespace, byOwner(pods)),
  };
}

/** Pods whose own variables keep the webhook from setting its own. */
function presetFix(namespace: string, pods: readonly PodFact[]): Fix {
  return {
    cause:
      'Their template sets variables of Pod Identity itself, and the webhook does not overwrite them. A restart alone changes nothing.',
    actions: [
      'Take these variables out of the pod template and roll it out: the webhook then sets its own.',
      ...changedElsewhere(byOwner(pods)),
    ],
    commands: setEnvCommands(namespace, byOwner(pods), ([pod]) =>
      pod.containers.filter(presets).map(container => ({
        container: container.name,
        settings: ownVariables(container).map(name => `${name}-`),
      })),
    ),
  };
}

/** Why pods lack what new pods receive, as far as their age tells. */
function causeOfAge(
  pods: readonly PodFact[],
  association: Association | undefined,
): string {
  const when = 'A pod receives the identity only when it is created';
  const made = association?.createdAt;
  const older = (pod: PodFact) =>
    made !== undefined && pod.createdAt !== undefined && pod.createdAt <= made;
  if (pods.every(older)) {
    return `${when}; these are older than the association.`;
  }
  if (pods.every(pod => pod.containers.some(one => one.irsaRoleArn))) {
    return `${when}; the API server did not know the association when these were, so they got the role of IRSA.`;
  }
  return `${when}. When these were, the API server did not know the association yet, or the webhook did not answer.`;
}

/** Pods without the identity, which did not opt out. */
export function lackingFix(
  missed: readonly PodFact[],
  association: Association | undefined,
  context: { namespace: string; lackIt?: string },
): Pick<Outcome, 'fix' | 'restart'> {
  const preset = missed.filter(setsOwnVariables);
  if (preset.length === missed.length) {
    return { fix: presetFix(context.namespace, preset) };
  }
  const pods = missed.filter(pod => !preset.includes(pod));
  const one = byOwner(pods).length === 1;
  const { fix, restart } = restartOf(
    causeOfAge(pods, association),
    one
      ? 'Restart the workload with this command.'
      : 'Restart the workloads with these commands.',
    { ...context, pods },
  );
  return preset.length === 0 ? { fix, restart } : { fix };
}

/** Containers without the identity beside others that have it. */
export function leftOut(
  pods: readonly PodFact[],
  namespace: string,
): Outcome | undefined {
  const partly = pods.flatMap(pod =>
    pod.containers
      .filter(one => !one.injected && !one.foreignCredentialsUri)
      .map(({ name }) => ({
        owner: pod.owner,
        pod,
        name,
        main: name === pod.mainContainer,
        skipped: pod.skipContainers.includes(name),
      })),
  );
  if (partly.length === 0) return undefined;
  const mains = partly.filter(one => one.main);
  const shown = mains.length ? mains : partly;
  const names = [...new Set(shown.map(one => one.name))];
  const affected = [...new Set(shown.map(one => one.pod))];
  const sentence = `${affected.length} of ${
    pods.length
  } running pods have a container without the identity beside others that have it: ${names.join(
    ', ',
  )} of ${[
    ...new Set(shown.map(({ owner }) => `${owner.kind} ${owner.name}`)),
  ].join(', ')}.`;
  const skipped = shown.some(one => one.skipped);
  const commands = skipped
    ? optInCommands(
        namespace,
        byOwner(affected.filter(pod => pod.skipContainers.length)),
        names,
      )
    : [];
  // Sidecars are left out on purpose; the main container hardly ever.
  if (mains.length === 0) {
    return note(sentence, {
      fix: skipped
        ? {
            cause: `The annotation ${SKIP_CONTAINERS} names them. Sidecars are left out so on purpose.`,
            actions: [
              'If a program in one of them calls AWS, take its name out of the annotation in the pod template.',
            ],
            commands,
          }
        : undefined,
    });
  }
  return warn(sentence, {
    fix: {
      cause: skipped
        ? `The annotation ${SKIP_CONTAINERS} names the main container of the pod.`
        : 'Something took the variables or the token out of the main container after the webhook had added them.',
      actions: [
        skipped
          ? `Take ${names.join(
              ', ',
            )} out of the annotation ${SKIP_CONTAINERS} in the pod template and roll it out.`
          : 'Look at the webhooks that change pods after pod-identity-webhook.',
      ],
      commands,
    },
  });
}
