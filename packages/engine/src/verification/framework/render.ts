import {
  type CheckFix,
  type CheckResult,
  isRestartable,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type Replacement,
  replacementOf,
  takesEffect,
} from '../../kubernetes/replacing';
import type { Command, Right } from '../../text/bash';
import { redact } from '../../text/redact';
import { valueOf } from './fact';
import type { FactReader } from './facts';
import { WORKLOAD_KINDS, type WorkloadFact } from './facts/workloads';
import type { Fix } from './fix';
import { sentence } from './redactReport';

const unique = <T>(list: readonly T[]) => [...new Set(list)];

/** Which rights the reader needs; no sentence where a fix only looks, or prints nothing. */
function inWords(needs: readonly Right[]): string[] {
  const services = unique(needs.flatMap(one => ('aws' in one ? one.aws : [])));
  const namespaces = unique(
    needs.flatMap(one => ('aws' in one ? [] : [one.namespace])),
  );
  const rights = [
    ...(services.length ? [`${services.join(' and ')} rights`] : []),
    ...(namespaces.includes(undefined)
      ? ['administration of the cluster']
      : namespaces.map(name => `kubectl rights in namespace ${name}`)),
  ];
  return rights.length ? [`This needs ${rights.join(' and ')}.`] : [];
}

const isOf =
  ({ kind, name }: { kind: string; name: string }) =>
  (one: WorkloadFact) =>
    one.kind.toLowerCase() === kind.toLowerCase() && one.name === name;

const isWorkload = (kind: string) =>
  WORKLOAD_KINDS.some(one => one.toLowerCase() === kind.toLowerCase());

/** What becomes of a change beside the source of an object. */
export const undoneBy = (
  tool: string,
  { kind, name }: { kind: string; name: string },
) => {
  const lower = kind.toLowerCase();
  return `${tool} deploys the ${lower} ${name}: change it in its source too, or ${tool} undoes the command.`;
};

/** Which tools would undo what commands edit. */
async function sourcesOf(edits: Command['edits'], facts: FactReader) {
  const found: string[] = [];
  for (const { kind, name } of edits) {
    let tool: string | undefined;
    if (kind === 'serviceaccount') {
      tool = valueOf(await facts.get('serviceAccount'))?.source;
    } else if (isWorkload(kind)) {
      tool = valueOf(await facts.get('workloads'))?.found.find(
        isOf({ kind, name }),
      )?.source;
    }
    if (tool) found.push(undoneBy(tool, { kind, name }));
  }
  return unique(found);
}

/** Replaces restarts by what replaces the pods of the workload as it is. */
async function restarts(fix: Fix, facts: FactReader): Promise<Fix> {
  const { commands = [], restarting } = fix;
  if (!commands.some(({ replaces }) => replaces)) return fix;
  const found = valueOf(await facts.get('workloads'))?.found ?? [];
  const replaced = commands.map((command): Omit<Replacement, 'heldBack'> => {
    const { replaces } = command;
    if (!replaces || !isRestartable(replaces)) return { commands: [command] };
    return replacementOf(
      replaces.namespace,
      replaces,
      found.find(isOf(replaces)),
    );
  });
  const left = replaced.flatMap(one => one.commands);
  return {
    ...fix,
    commands: left,
    actions: [
      ...fix.actions.filter(one => left.length || one !== restarting),
      ...replaced.flatMap(({ advice }) => advice ?? []),
    ],
  };
}

/** What else it takes until a changed template reaches the pods. */
async function untilItReaches(
  edits: Command['edits'],
  facts: FactReader,
): Promise<string[]> {
  const templates = edits.filter(({ kind }) => isWorkload(kind));
  if (!templates.length) return [];
  const found = valueOf(await facts.get('workloads'))?.found ?? [];
  return unique(
    templates.flatMap(
      edited => takesEffect(edited, found.find(isOf(edited))) ?? [],
    ),
  );
}

/** A command that stores a text without a part of it would take something away. */
const NOT_PRINTED =
  'The commands for it are not printed: something in them reads like a secret, which is left out of every text, and without it they would do something else.';

/** The fix with its text, and without secrets in it. Those of commands went when their values were quoted. */
export function printed({
  commands = [],
  snippet,
  restarting,
  ...fix
}: Fix): CheckFix {
  if (commands.some(({ isRedacted }) => isRedacted)) {
    return { ...fix, actions: [...fix.actions, NOT_PRINTED] };
  }
  if (commands.length) {
    const text = commands.map(command => command.text).join('\n');
    return { ...fix, snippet: { language: 'bash', text } };
  }
  if (!snippet) return fix;
  const { language, text } = snippet;
  return { ...fix, snippet: { language, text: redact(text) } };
}

/** The fix as text, with who may do it. */
export function inText(fix: Fix, further: readonly string[] = []): CheckFix {
  const { commands = [], snippet } = fix;
  const needs = commands.length
    ? commands.flatMap(command => command.needs)
    : snippet?.needs ?? [];
  const { actions, ...rest } = printed(fix);
  return {
    ...rest,
    cause: sentence(fix.cause),
    actions: [
      ...actions,
      ...further,
      ...(rest.snippet ? inWords(needs) : []),
    ].map(sentence),
  };
}

/** The fix as a report has it, with what holds for every one: which tool would undo it, and who may do it. */
export async function rendered(
  given: Fix,
  facts: FactReader,
): Promise<CheckFix> {
  const fix = await restarts(given, facts);
  const edits = (fix.commands ?? []).flatMap(command => command.edits);
  const reaching = await untilItReaches(edits, facts);
  const undone = await sourcesOf(edits, facts);
  return inText(fix, [...reaching, ...undone]);
}

/** Those of the workloads that a restart helps: not one whose roll-out is stuck. */
export async function helpedByRestart(
  restart: CheckResult['restart'],
  facts: FactReader,
): Promise<CheckResult['restart']> {
  if (!restart?.length) return restart;
  const found = valueOf(await facts.get('workloads'))?.found ?? [];
  const helped = restart.filter(one => !found.find(isOf(one))?.stuck);
  return helped.length ? helped : undefined;
}
