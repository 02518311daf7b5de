import type { Association } from '../../aws/association';
import type { Command } from '../../text/bash';
import { type Lacking, note, type Outcome, warn } from '../framework/check';
import type { ContainerFact, PodFact } from '../framework/facts/workloads';
import type { Fix } from '../framework/fix';
import { NO_TEMPLATES, type Templates } from './fromTemplate';
import { capitalised } from '../../text/capitalised';
import {
  byOwner,
  changedElsewhere,
  counts,
  setEnvCommands,
  templatePatches,
  type Workload,
} from '../framework/workloadsOf';
import { INJECTED_PARTS } from '../probe/injection';
import { inWords } from '../probe/podState';
import { restartOf } from '../admission/restart';

export const SKIP_WEBHOOK = 'eks.amazonaws.com/skip-pod-identity-webhook';
export const SKIP_CONTAINERS = 'eks.amazonaws.com/skip-containers';
/** Where one of the first two is set already, the webhook adds neither. */
const VARIABLES = [
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
];

/** Which identity wins where a pod asks an address of its own for credentials. */
export const OWN_ADDRESS = 'credentials of an address of their own';

/** True if no container of the pod that counts has the identity. */
export function lacksInjection(pod: PodFact): boolean {
  return !pod.containers.some(one => one.injected && counts(one));
}

export function optedOut(pod: PodFact): boolean {
  return (
    pod.skipped ||
    pod.containers
      .filter(counts)
      .every(({ name }) => pod.skipContainers.includes(name))
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

/** The pod brings a volume in place of the token; `workloads.shadowed` takes that out of the template. */
export const bringsToken = (pod: PodFact) =>
  pod.containers.some(({ carried }) =>
    carried.some(({ what }) => what === 'own-token'),
  );

/** `container app sets AWS_… to another path of the agent`: the variables that hold something else, never their values. */
export const wrongVariables = (pods: readonly PodFact[]) => [
  ...new Set(
    pods.flatMap(pod =>
      pod.containers.flatMap(({ kind, name, wrong = [] }) =>
        wrong.length
          ? [`${inWords(kind, name)} sets ${wrong.join(' and ')}`]
          : [],
      ),
    ),
  ),
];

const namesOf = (pods: readonly PodFact[]) => pods.map(({ name }) => name);

/** How pods without the identity lack it, which did not opt out. */
export function lackingOf(
  missed: readonly PodFact[],
  lackIt: string | undefined,
): Lacking[] {
  const bySpec = (pod: PodFact) => setsOwnVariables(pod) || bringsToken(pod);
  const rest = missed.filter(pod => !setsOwnAddress(pod) && !bySpec(pod));
  const hasIrsa = (pod: PodFact) =>
    pod.containers.some(one => one.irsaRoleArn !== undefined && counts(one));
  const age = lackIt ? 'identity' : 'restart';
  const all: Lacking[] = [
    {
      how: 'other',
      which: OWN_ADDRESS,
      pods: namesOf(missed.filter(setsOwnAddress)),
    },
    {
      how: 'identity',
      pods: namesOf(missed.filter(pod => bySpec(pod) && !setsOwnAddress(pod))),
    },
    { how: age, pods: namesOf(rest.filter(pod => !hasIrsa(pod))) },
    {
      how: lackIt ? 'other' : 'restart',
      which: 'IRSA',
      pods: namesOf(rest.filter(hasIrsa)),
    },
  ];
  return all.filter(({ pods }) => pods.length > 0);
}

/** Takes the opt-out of whole pods, and of these containers, out of the templates. */
export function optInCommands(
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
function presetFix(
  namespace: string,
  pods: readonly PodFact[],
  templates: Templates,
): Fix {
  const settingsOf = (pod: PodFact) =>
    pod.containers.filter(presets).map(container => {
      const template = templates.containerOf(pod, container.name);
      const settings = ownVariables(container).filter(
        name => !template?.missing.includes(name),
      );
      return { container: container.name, settings };
    });
  const isAdded = (pod: PodFact) =>
    settingsOf(pod).every(({ settings }) => settings.length === 0);
  if (pods.every(isAdded)) {
    const names = pods.flatMap(pod =>
      pod.containers.filter(presets).flatMap(ownVariables),
    );
    return {
      cause:
        'They hold variables of Pod Identity that their template does not set. A restart alone changes nothing.',
      actions: templates.origins(pods, [...new Set(names)].join(' and ')),
    };
  }
  return {
    cause:
      'Their template sets variables of Pod Identity itself, and the webhook does not overwrite them. A restart alone changes nothing.',
    actions: [
      'Take these variables out of the pod template and roll it out: the webhook then sets its own.',
      ...changedElsewhere(byOwner(pods)),
    ],
    commands: setEnvCommands(namespace, byOwner(pods), ([pod]) =>
      settingsOf(pod).map(({ container, settings }) => ({
        container,
        settings: settings.map(name => `${name}-`),
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
  lacking: readonly PodFact[],
  association: Association | undefined,
  {
    templates = NO_TEMPLATES,
    ...context
  }: { namespace: string; lackIt?: string; templates?: Templates },
): Pick<Outcome, 'fix' | 'restart'> {
  const missed = lacking.filter(pod => !bringsToken(pod));
  if (missed.length === 0) return {};
  const preset = missed.filter(setsOwnVariables);
  if (preset.length === missed.length) {
    return { fix: presetFix(context.namespace, preset, templates) };
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

/** A container without the identity beside others that have it. */
interface LeftOut {
  pod: PodFact;
  container: ContainerFact;
  skipped: boolean;
  /** It is meant to have it: it calls AWS, or the webhook did its part. Others are left out on purpose, as sidecars are. */
  lacks: boolean;
}

function leftOutOf(pod: PodFact): LeftOut[] {
  return pod.containers
    .filter(one => !one.injected && !one.foreignCredentialsUri)
    .map(container => {
      const { name, awsSign, missing } = container;
      const skipped = pod.skipContainers.includes(name);
      const touched = !skipped && missing.length < INJECTED_PARTS;
      const lacks =
        name === pod.mainContainer || awsSign !== undefined || touched;
      return { pod, container, skipped, lacks };
    })
    .filter(
      // What ended, and neither calls AWS nor is left out by name, is of no interest.
      ({ container, skipped, lacks }) => counts(container) || skipped || lacks,
    );
}

/** `proxy`, `init container migrate` */
const shortWords = ({ kind, name }: ContainerFact) =>
  kind === 'sidecar' || kind === 'init' ? inWords(kind, name) : name;

/** Containers without the identity beside others that have it. */
export function leftOut(
  pods: readonly PodFact[],
  namespace: string,
  templates: Templates = NO_TEMPLATES,
): Outcome | undefined {
  const partly = pods.flatMap(leftOutOf);
  if (partly.length === 0) return undefined;
  const lacking = partly.filter(one => one.lacks && counts(one.container));
  const shown = lacking.length ? lacking : partly;
  const names = [...new Set(shown.map(one => one.container.name))];
  const words = [...new Set(shown.map(one => shortWords(one.container)))];
  const affected = [...new Set(shown.map(one => one.pod))];
  const signs = shown.flatMap(({ container: { awsSign, kind, name } }) =>
    awsSign ? [`${inWords(kind, name)} has ${awsSign}`] : [],
  );
  const sentence = `${affected.length} of ${
    pods.length
  } running pods have a container without the identity beside others that have it: ${words.join(
    ', ',
  )} of ${[
    ...new Set(affected.map(({ owner }) => `${owner.kind} ${owner.name}`)),
  ].join(', ')}.`;
  const skipped = shown.some(one => one.skipped);
  const commands = skipped
    ? optInCommands(
        namespace,
        byOwner(affected.filter(pod => pod.skipContainers.length)),
        names,
      )
    : [];
  if (lacking.length === 0) {
    return note(sentence, {
      ...(skipped ? { counted: true } : {}),
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
  const further = [...wrongVariables(affected), ...new Set(signs)];
  const message: [string, ...string[]] = [sentence];
  if (further.length) message.push(`${capitalised(further.join('; '))}.`);
  return warn(message, {
    lacking: [{ how: 'identity', pods: namesOf(affected), partly: true }],
    fix: lacking.every(one => presets(one.container))
      ? presetFix(namespace, affected, templates)
      : {
          cause: leftOutCause(lacking),
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

function leftOutCause(lacking: readonly LeftOut[]): string {
  const ofMain = lacking.some(
    ({ pod, container }) => pod.mainContainer === container.name,
  );
  if (lacking.some(({ skipped }) => skipped)) {
    return `The annotation ${SKIP_CONTAINERS} names ${
      ofMain ? 'the main container of the pod' : 'a container that calls AWS'
    }.`;
  }
  return `Something took the variables or the token out of ${
    ofMain ? 'the main container' : 'the container'
  } after the webhook had added them, or added the container later.`;
}
