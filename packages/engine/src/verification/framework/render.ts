import {
  type CheckFix,
  isRestartable,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Command, Right } from '../../text/bash';
import { redact } from '../../text/redact';
import { valueOf } from './fact';
import type { FactReader } from './facts';
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

/** Which tools would undo what commands edit. */
async function sourcesOf(edits: Command['edits'], facts: FactReader) {
  const found: string[] = [];
  for (const { kind, name } of edits) {
    const lower = kind.toLowerCase();
    let tool: string | undefined;
    if (kind === 'serviceaccount') {
      tool = valueOf(await facts.get('serviceAccount'))?.source;
    } else if (isRestartable({ kind })) {
      tool = valueOf(await facts.get('sources'))?.[`${lower}/${name}`];
    }
    if (tool) {
      found.push(
        `${tool} deploys the ${lower} ${name}: change it in its source too, or ${tool} undoes the command.`,
      );
    }
  }
  return unique(found);
}

/** The fix with its text, and without secrets in it. Those of commands went when their values were quoted. */
export function printed({ commands = [], snippet, ...fix }: Fix): CheckFix {
  if (commands.length) {
    const text = commands.map(command => command.text).join('\n');
    return { ...fix, snippet: { language: 'bash', text } };
  }
  if (!snippet) return fix;
  const { language, text } = snippet;
  return { ...fix, snippet: { language, text: redact(text) } };
}

/** The fix as a report has it, with what holds for every one: which tool would undo it, and who may do it. */
export async function rendered(fix: Fix, facts: FactReader): Promise<CheckFix> {
  const { commands = [], snippet } = fix;
  const edits = commands.flatMap(command => command.edits);
  const undone = await sourcesOf(edits, facts);
  const needs = commands.length
    ? commands.flatMap(command => command.needs)
    : snippet?.needs ?? [];
  return {
    ...printed(fix),
    cause: sentence(fix.cause),
    actions: [...fix.actions, ...undone, ...inWords(needs)].map(sentence),
  };
}
