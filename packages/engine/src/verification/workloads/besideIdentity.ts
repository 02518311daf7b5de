import { listed } from '../../text/listed';
import type { ContainerFact, PodFact } from '../framework/facts/workloads';
import { counts } from '../framework/workloadsOf';
import { inWords } from '../probe/podState';
import { SDK_RULES, sdksInWords } from './sdks';

/** How a sentence names a container; nothing where it stands for the whole pod. */
export function nameOf(
  container: ContainerFact,
  pod: PodFact,
  isSame: (one: ContainerFact) => boolean,
): string[] {
  const { kind, name } = container;
  const words = inWords(kind, name);
  if (!counts(container)) return [`${words}, which has ended`];
  return pod.containers.filter(counts).every(isSame) ? [] : [words];
}

export const inContainers = (names: ReadonlySet<string>) =>
  names.size ? ` (in ${listed([...names])})` : '';

/**
 * What is often right: calls that go elsewhere than to AWS, or to another region than the cluster's, which may surprise, and
 * keys of AWS for something that is not its SDK.
 */
export function elsewhere(
  pods: readonly PodFact[],
  region: string,
): { calls: string[]; keys: string[] } {
  const say = (
    of: (container: ContainerFact) => readonly string[],
    words: (named: string) => string,
    but = ', which is often right',
  ) => {
    const named = (one: ContainerFact) => (counts(one) ? of(one) : []);
    const having = pods.filter(pod =>
      pod.containers.some(c => named(c).length),
    );
    if (having.length === 0) return [];
    const where = having.flatMap(pod =>
      pod.containers
        .filter(one => named(one).length)
        .flatMap(one => nameOf(one, pod, other => named(other).length > 0)),
    );
    const all = new Set(having.flatMap(pod => pod.containers.flatMap(named)));
    return [
      `${having.length} of ${pods.length} running pods ${words(
        listed([...all]),
      )}${inContainers(new Set(where))}${but}`,
    ];
  };
  const calls = [
    ...say(
      ({ endpoints = [] }) => endpoints,
      named => `send calls elsewhere than to AWS by ${named}`,
    ),
    ...say(
      ({ aliases = [] }) => aliases,
      named => `resolve ${named} by hostAliases`,
    ),
    ...say(
      ({ regions = [] }) => regions.filter(one => !one.endsWith(` ${region}`)),
      named =>
        `name another region than ${region}, that of the cluster, by ${named}`,
    ),
  ];
  const keys = say(
    ({ otherKeys = [] }) => otherKeys,
    named => `hold the id of an access key of AWS in ${named}`,
    ': what a program calls with that key it does not call with the identity',
  );
  return { calls, keys };
}

/** What the portal does not read, and what it would mean. */
export function unseenSentence(pods: readonly PodFact[]): string | undefined {
  const unseenOf = (pod: PodFact) =>
    pod.containers.filter(counts).flatMap(c => c.unseen);
  const having = pods.filter(pod => unseenOf(pod).length);
  if (having.length === 0) return undefined;
  const sources = new Set(having.flatMap(unseenOf));
  return `${having.length} of ${
    pods.length
  } running pods take variables from ${[...sources].join(
    ', ',
  )}, which is not read here: keys there would come before Pod Identity, and a proxy there would keep ${
    sdksInWords(SDK_RULES.proxy.affects).words
  } from the agent`;
}
