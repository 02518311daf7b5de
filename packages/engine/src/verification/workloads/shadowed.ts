import {
  defineCheck,
  type Lacking,
  note,
  pass,
  warn,
} from '../framework/check';
import type {
  Carried,
  CarriedFact,
  ContainerFact,
  PodFact,
} from '../framework/facts/workloads';
import { consequenceOf, type KnownSdks, mattersTo, sdksOf } from './sdks';
import {
  byOwner,
  changedElsewhere,
  counts,
  runningOf,
  setEnvCommands,
  templated,
  unmountCommands,
} from '../framework/workloadsOf';
import type { CheckId } from '../framework/checkIds';
import { NO_TEMPLATES, type Templates, templatesOf } from './fromTemplate';
import { TOKEN_FOLDER } from '../probe/injection';
import { inWords } from '../probe/podState';
import {
  elsewhere,
  inContainers,
  nameOf,
  unseenSentence,
} from './besideIdentity';
import { OWN_ADDRESS as OF_OWN_ADDRESS } from './lackingPods';

interface Found extends CarriedFact {
  pods: Set<string>;
  /** The containers that carry it, where others beside them do not. */
  in: Set<string>;
  /** The first container that carries it. */
  where: string;
}

/** Which identity wins by what a pod carries; with anything else it gets none. */
export const WINNERS: Partial<Record<Carried, string>> = {
  keys: 'static keys',
  'former-keys': 'static keys',
  'java-properties': 'static keys',
  'java-irsa': 'IRSA',
  irsa: 'IRSA',
  'home-files': 'a credentials file',
  'credentials-file': 'a credentials file',
  'config-file': 'a credentials file',
  'own-address': OF_OWN_ADDRESS,
};

/** They may hold keys, which cannot be seen. */
const FILES: readonly Carried[] = [
  'home-files',
  'credentials-file',
  'config-file',
];

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

/** The pod without harm in what its application passes over, or has passed: an init container that ended. */
function mindful(pod: PodFact, sdks: KnownSdks | undefined): PodFact {
  return {
    ...pod,
    containers: pod.containers.map(container => ({
      ...container,
      carried: container.carried.map(one => ({
        ...one,
        likely: one.likely && counts(container) && mattersTo(one.what, sdks),
      })),
    })),
  };
}

/** Whether what a container carries comes from its template. */
type IsOwn = (
  pod: PodFact,
  container: ContainerFact,
  carried: CarriedFact,
) => boolean;

/** Something is of the template unless that was read and does not have it. */
const isIn =
  (templates: Templates): IsOwn =>
  (pod, { name }, { what }) => {
    const template = templates.containerOf(pod, name);
    return !template || carriedOf(template).some(one => one.what === what);
  };

/** Takes what does harm out of the templates, as far as a command can. */
function takeOut(
  pods: readonly PodFact[],
  namespace: string,
  templates: Templates,
) {
  const isOwn = isIn(templates);
  const harmful = (pod: PodFact, container: ContainerFact) =>
    carriedOf(container).filter(
      one => one.likely && isOwn(pod, container, one),
    );
  const settingsOf = (pod: PodFact) => (container: ContainerFact) =>
    [...new Set(harmful(pod, container).flatMap(({ unset = [] }) => unset))];
  const mountsOf = (pod: PodFact) => (container: ContainerFact) => {
    const { name, kind } = container;
    const template = templates.containerOf(pod, name);
    const own = template?.carried.flatMap(({ mount }) => mount?.paths ?? []);
    // The rest the webhook has mounted
    const isTaken = (path: string) =>
      own ? own.includes(path) : !path.startsWith(TOKEN_FOLDER);
    return harmful(pod, container).flatMap(({ mount }) => {
      const paths = mount?.paths.filter(isTaken) ?? [];
      return mount
        ? (paths.length > 0 ? paths : [undefined]).map(path => ({
            container: name,
            kind,
            path,
            volume: mount.volume,
          }))
        : [];
    });
  };
  const workloads = byOwner(
    pods.filter(pod =>
      pod.containers.some(
        one => settingsOf(pod)(one).length || mountsOf(pod)(one).length,
      ),
    ),
  );
  return {
    commands: [
      ...setEnvCommands(namespace, workloads, ([pod]) =>
        pod.containers.map(container => ({
          container: container.name,
          settings: settingsOf(pod)(container),
        })),
      ),
      ...unmountCommands(namespace, workloads, ([pod]) =>
        pod.containers.flatMap(mountsOf(pod)),
      ),
    ],
    empties: templated(workloads).some(({ pods: [pod] }) =>
      pod.containers.flatMap(settingsOf(pod)).some(one => one.endsWith('=')),
    ),
    byHand: changedElsewhere(workloads),
  };
}

function findingsOf(pods: readonly PodFact[]): Found[] {
  const found = new Map<string, Found>();
  const keyOf = ({ what, said, likely }: CarriedFact) =>
    `${what} ${said} ${likely}`;
  for (const pod of pods) {
    for (const container of pod.containers) {
      for (const carried of carriedOf(container)) {
        const key = keyOf(carried);
        const where = `${inWords(container.kind, container.name)} of ${
          pod.owner.kind
        } ${pod.owner.name}`;
        const entry = found.get(key) ?? {
          ...carried,
          pods: new Set(),
          in: new Set(),
          where,
        };
        entry.pods.add(pod.name);
        nameOf(container, pod, other =>
          carriedOf(other).some(one => keyOf(one) === key),
        ).forEach(name => entry.in.add(name));
        found.set(key, entry);
      }
    }
  }
  return [...found.values()].sort(
    (one, other) => Number(other.likely) - Number(one.likely),
  );
}

/** What of a pod comes before the identity and counts. */
export const harmOf = (
  pod: PodFact,
  sdks: KnownSdks | undefined,
): CarriedFact[] =>
  mindful(pod, sdks).containers.flatMap(one =>
    carriedOf(one).filter(({ likely }) => likely),
  );

/** Takes what comes before the identity out of a template. */
export const takeOutOf = (
  template: PodFact,
  sdks: KnownSdks | undefined,
  namespace: string,
) =>
  takeOut([mindful(template, sdks)], namespace, {
    ...NO_TEMPLATES,
    containerOf: (pod, name) => pod.containers.find(one => one.name === name),
  });

/** How the pods lack the identity by what they carry. */
function lackingOf(pods: readonly PodFact[]): Lacking[] {
  const found = new Map<string, Lacking & { pods: string[] }>();
  const harmful = (one: ContainerFact) =>
    // Age alone is the reason where the webhook gave IRSA instead; workloads.injected says so.
    carriedOf(one).filter(
      ({ what, likely, remedy }) =>
        likely && !(what === 'irsa' && !remedy && !one.injected),
    );
  for (const pod of pods) {
    const partly = pod.containers
      .filter(counts)
      .some(one => harmful(one).length === 0);
    const winners = pod.containers
      .flatMap(harmful)
      .map(({ what }) => WINNERS[what]);
    for (const which of new Set(winners)) {
      const key = `${which} ${partly}`;
      const entry = found.get(key) ?? {
        how: which ? 'other' : 'identity',
        ...(which ? { which } : {}),
        ...(partly ? { partly } : {}),
        pods: [],
      };
      entry.pods.push(pod.name);
      found.set(key, entry);
    }
  }
  return [...found.values()];
}

/** What to take out, with the pods that have it. */
function remediesOf(
  pods: readonly PodFact[],
  isOf: IsOwn,
): Map<string, PodFact[]> {
  const found = new Map<string, PodFact[]>();
  for (const pod of pods) {
    const remedies = pod.containers.flatMap(container =>
      carriedOf(container)
        .filter(one => one.likely && isOf(pod, container, one))
        .flatMap(({ remedy }) => remedy ?? []),
    );
    for (const remedy of new Set(remedies)) {
      found.set(remedy, [...(found.get(remedy) ?? []), pod]);
    }
  }
  return found;
}

/** The pod template is not to blame for what a webhook set. */
function suspectsOf(
  remedies: ReadonlyMap<string, unknown>,
  added: ReadonlyMap<string, unknown>,
): CheckId[] {
  if (remedies.size) return [];
  return added.size
    ? ['admission.injects', 'admission.own-templates']
    : ['service-account.irsa'];
}

export const workloadsShadowed = defineCheck({
  id: 'workloads.shadowed',
  category: 'workloads',
  title: 'Nothing in the pods comes before the identity',
  question:
    'Do running pods carry keys, profiles or other settings that SDKs prefer to Pod Identity?',
  neededBy: [],
  needs: ['pods'],
  uses: ['evidence', 'workloads'],
  evaluate({ pods: all, evidence, workloads }, { ref, sdk, cluster }) {
    const seen = runningOf(all);
    if ('none' in seen) return seen.none;
    const sdks = sdksOf(evidence, seen.running, sdk);
    const pods = seen.running.map(pod => mindful(pod, sdks));
    const found = findingsOf(pods);
    const unseen = unseenSentence(pods);
    const { calls, keys } = elsewhere(pods, cluster.region);
    const sentences = [
      ...found.map(
        one =>
          `${one.pods.size} of ${pods.length} running pods ${
            one.said
          }${inContainers(one.in)}${consequenceOf(one.what, sdks)}`,
      ),
      ...(unseen ? [unseen] : []),
      ...calls,
      ...keys,
    ];
    if (sentences.length === 0) {
      return pass(
        'Nothing in the specs of the running pods comes before Pod Identity; what their images hold and their programs set themselves is not seen here.',
      );
    }
    const message = `${sentences.join('; ')}.`;
    const harmful = found.filter(one => one.likely);
    if (harmful.length === 0) {
      const surprising = pods.flatMap(({ containers }) =>
        containers
          .filter(counts)
          .flatMap(one => one.carried)
          .filter(({ what }) => FILES.includes(what) && mattersTo(what, sdks)),
      );
      return note(message, {
        observed: found[0]?.where,
        ...(surprising.length || calls.length ? { counted: true } : {}),
      });
    }
    const templates = templatesOf(workloads);
    const isOwn = isIn(templates);
    const remedies = remediesOf(pods, isOwn);
    const added = remediesOf(pods, (...one) => !isOwn(...one));
    const { commands, empties, byHand } = takeOut(
      pods,
      ref.namespace,
      templates,
    );
    return warn(message, {
      observed: harmful[0].where,
      lacking: lackingOf(pods),
      explainedBy: { oneOf: suspectsOf(remedies, added) },
      fix: {
        cause:
          'The order of the SDKs is: keys, profile, web identity (IRSA), then the container credentials of Pod Identity.',
        actions: [
          ...(remedies.size
            ? [
                `Take ${[...remedies.keys()].join(
                  ', ',
                )} out of the pod template and roll it out.`,
              ]
            : []),
          ...byHand,
          ...[...added].flatMap(([what, of]) => templates.origins(of, what)),
          ...(remedies.has(OWN_ADDRESS.remedy!)
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
                'The webhook set the variables of IRSA, not the pod template: its annotation is on the service account.',
              ]
            : []),
        ],
        commands,
      },
    });
  },
});
