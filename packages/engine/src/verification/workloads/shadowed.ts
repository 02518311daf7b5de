import { defineCheck, note, pass, warn } from '../framework/check';
import type {
  CarriedFact,
  ContainerFact,
  PodFact,
} from '../framework/facts/workloads';
import {
  consequenceOf,
  type KnownSdks,
  mattersTo,
  SDK_RULES,
  sdksInWords,
  sdksOf,
} from './sdks';
import {
  byOwner,
  changedElsewhere,
  setEnvCommands,
  templated,
  unmountCommands,
  noPods,
} from '../framework/workloadsOf';

interface Found extends CarriedFact {
  pods: Set<string>;
  /** The first container that carries it. */
  where: string;
}

const OWN_ADDRESS: CarriedFact = {
  what: 'own-address',
  said: 'set AWS_CONTAINER_CREDENTIALS_FULL_URI to an address of their own',
  remedy: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  unset: [
    'AWS_CONTAINER_CREDENTIALS_FULL_URI-',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE-',
  ],
  likely: true,
};

/** What a container carries, an address for credentials of its own included. */
function carriedOf(container: ContainerFact): CarriedFact[] {
  return [
    ...container.carried,
    ...(container.foreignCredentialsUri ? [OWN_ADDRESS] : []),
  ];
}

/** The pod without harm in what its application passes over. */
function mindful(pod: PodFact, sdks: KnownSdks | undefined): PodFact {
  return {
    ...pod,
    containers: pod.containers.map(container => ({
      ...container,
      carried: container.carried.map(one => ({
        ...one,
        likely: one.likely && mattersTo(one.what, sdks),
      })),
    })),
  };
}

/** Takes what does harm out of the templates, as far as a command can. */
function takeOut(pods: readonly PodFact[], namespace: string) {
  const harmful = (container: ContainerFact) =>
    carriedOf(container).filter(({ likely }) => likely);
  const settingsOf = (container: ContainerFact) => [
    ...new Set(harmful(container).flatMap(({ unset = [] }) => unset)),
  ];
  const mountsOf = (container: ContainerFact) =>
    harmful(container).flatMap(({ mount }) =>
      mount ? [{ container: container.name, ...mount }] : [],
    );
  const workloads = byOwner(
    pods.filter(pod =>
      pod.containers.some(
        one => settingsOf(one).length || mountsOf(one).length,
      ),
    ),
  );
  return {
    commands: [
      ...setEnvCommands(namespace, workloads, ([pod]) =>
        pod.containers.map(container => ({
          container: container.name,
          settings: settingsOf(container),
        })),
      ),
      ...unmountCommands(namespace, workloads, ([pod]) =>
        pod.containers.flatMap(mountsOf),
      ),
    ],
    empties: templated(workloads).some(({ pods: [pod] }) =>
      pod.containers.flatMap(settingsOf).some(one => one.endsWith('=')),
    ),
    byHand: changedElsewhere(workloads),
  };
}

function findingsOf(pods: readonly PodFact[]): Found[] {
  const found = new Map<string, Found>();
  for (const pod of pods) {
    for (const container of pod.containers) {
      for (const carried of carriedOf(container)) {
        const key = `${carried.what} ${carried.said} ${carried.likely}`;
        const where = `container ${container.name} of ${pod.owner.kind} ${pod.owner.name}`;
        const entry = found.get(key) ?? { ...carried, pods: new Set(), where };
        entry.pods.add(pod.name);
        found.set(key, entry);
      }
    }
  }
  return [...found.values()].sort(
    (one, other) => Number(other.likely) - Number(one.likely),
  );
}

/** What the portal does not read, and what it would mean. */
function unseenSentence(pods: readonly PodFact[]): string | undefined {
  const having = pods.filter(pod => pod.containers.some(c => c.unseen.length));
  if (having.length === 0) return undefined;
  const sources = new Set(
    having.flatMap(pod => pod.containers.flatMap(c => c.unseen)),
  );
  return `${having.length} of ${
    pods.length
  } running pods take variables from ${[...sources].join(
    ', ',
  )}, which is not read here: keys there would come before Pod Identity, and a proxy there would keep ${
    sdksInWords(SDK_RULES.proxy.affects).words
  } from the agent`;
}

export const workloadsShadowed = defineCheck({
  id: 'workloads.shadowed',
  category: 'workloads',
  title: 'Nothing in the pods comes before the identity',
  question:
    'Do running pods carry keys, profiles or other settings that SDKs prefer to Pod Identity?',
  neededBy: [],
  needs: ['pods'],
  uses: ['evidence'],
  evaluate({ pods: all, evidence }, { ref, sdk }) {
    if (all.length === 0) {
      return noPods();
    }
    const sdks = sdksOf(evidence, all, sdk);
    const pods = all.map(pod => mindful(pod, sdks));
    const found = findingsOf(pods);
    const unseen = unseenSentence(pods);
    const sentences = [
      ...found.map(
        one =>
          `${one.pods.size} of ${pods.length} running pods ${
            one.said
          }${consequenceOf(one.what, sdks)}`,
      ),
      ...(unseen ? [unseen] : []),
    ];
    if (sentences.length === 0) {
      return pass('Nothing in the running pods comes before Pod Identity.');
    }
    const message = `${sentences.join('; ')}.`;
    const harmful = found.filter(one => one.likely);
    if (harmful.length === 0) {
      return note(message, { observed: found[0]?.where });
    }
    const remedies = [...new Set(harmful.flatMap(one => one.remedy ?? []))];
    const { commands, empties, byHand } = takeOut(pods, ref.namespace);
    return warn(message, {
      observed: harmful[0].where,
      // The pod template is not to blame for what the webhook set.
      explainedBy: { oneOf: remedies.length ? [] : ['service-account.irsa'] },
      fix: {
        cause:
          'The order of the SDKs is: keys, profile, web identity (IRSA), then the container credentials of Pod Identity.',
        actions: [
          ...(remedies.length
            ? [
                `Take ${remedies.join(
                  ', ',
                )} out of the pod template and roll it out.`,
              ]
            : []),
          ...byHand,
          ...(harmful.some(({ what }) => what === OWN_ADDRESS.what)
            ? [
                'The webhook leaves an address alone that the template sets, and sets its own once that is gone; a restart alone changes nothing.',
              ]
            : []),
          ...(empties
            ? [
                'The command sets the keys that come from a Secret to nothing, so that its other variables stay; SDKs take an empty key for none.',
              ]
            : []),
          ...(harmful.some(one => !one.remedy)
            ? [
                'The webhook set the variables of IRSA, not the pod template: see service-account.irsa.',
              ]
            : []),
        ],
        commands,
      },
    });
  },
});
