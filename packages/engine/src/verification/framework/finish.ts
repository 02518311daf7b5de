import type { CheckFix } from 'backstage-plugin-eks-pod-identity-common';
import { valueOf } from './fact';
import type { FactReader } from './facts';

/** The start of a command of `kubectl`, up to what it is about. */
const KUBECTL =
  /\bkubectl(?: -n (?<namespace>[\w.-]+))? (?<verb>set (?:serviceaccount|env|image)|[a-z]+)(?: (?<kind>[a-z]+)[ /](?<name>[\w.-]+))?/g;
const READS = ['get', 'describe', 'wait', 'logs', 'config'];
/** Changes of what an object says, which its source says too. */
const EDITS = /^(set |patch$|annotate$|label$)/;
const AWS = /\baws (iam|eks|ec2) (?!describe-|list-|get-)/g;

interface Change {
  namespace?: string;
  verb: string;
  kind?: string;
  name?: string;
}

function changesIn(text: string): Change[] {
  return [...text.matchAll(KUBECTL)]
    .map(({ groups }) => groups as unknown as Change)
    .filter(({ verb }) => !READS.includes(verb));
}

const unique = <T>(list: readonly T[]) => [...new Set(list)];

/** A manifest says itself where its objects are. */
function manifestRights(text: string): string[] {
  const namespaces = [...text.matchAll(/^ {2}namespace: (\S+)$/gm)];
  return /^kind: Cluster/m.test(text)
    ? ['administration of the cluster']
    : unique(
        namespaces.map(([, name]) => `kubectl rights in namespace ${name}`),
      );
}

function commandRights(text: string): string[] {
  const services = unique(
    [...text.matchAll(AWS)].map(([, name]) => name.toUpperCase()),
  );
  const changes = changesIn(text);
  return [
    ...(services.length ? [`${services.join(' and ')} rights`] : []),
    ...(changes.some(({ namespace }) => !namespace)
      ? ['administration of the cluster']
      : unique(
          changes.map(
            ({ namespace }) => `kubectl rights in namespace ${namespace}`,
          ),
        )),
  ];
}

/** Which rights the reader needs to do what a fix prints; undefined where it only looks, or prints no command. */
function neededRights({ snippet }: CheckFix): string | undefined {
  if (!snippet) return undefined;
  const { language, text } = snippet;
  let rights: string[] = [];
  if (language === 'bash') rights = commandRights(text);
  // The probe's settings of app-config are YAML too.
  if (language === 'yaml' && /^apiVersion: /m.test(text)) {
    rights = manifestRights(text);
  }
  return rights.length ? `This needs ${rights.join(' and ')}.` : undefined;
}

/** The tools that would undo what a command edits. */
async function sourcesOf(
  text: string,
  facts: FactReader,
): Promise<{ what: string; tool: string }[]> {
  const edited = changesIn(text).filter(
    ({ verb, kind, name }) => EDITS.test(verb) && kind && name,
  );
  const found = [];
  for (const { kind = '', name = '' } of edited) {
    const tool =
      kind === 'serviceaccount'
        ? valueOf(await facts.get('serviceAccount'))?.source
        : valueOf(await facts.get('sources'))?.[`${kind}/${name}`];
    if (tool) found.push({ what: `${kind} ${name}`, tool });
  }
  return found;
}

/** Adds to a fix what holds for every one: who may do it, and which tool would undo it. */
export async function finished(
  fix: CheckFix,
  facts: FactReader,
): Promise<CheckFix> {
  const { snippet, actions } = fix;
  const sources =
    snippet?.language === 'bash' ? await sourcesOf(snippet.text, facts) : [];
  const undone = sources.map(
    ({ what, tool }) =>
      `${tool} deploys the ${what}: change it in its source too, or ${tool} undoes the command.`,
  );
  const rights = neededRights(fix);
  const more = unique([...undone, ...(rights ? [rights] : [])]);
  return more.length ? { ...fix, actions: [...actions, ...more] } : fix;
}
