import {
  escapeMarkdown,
  kindInWords,
  nameInWords,
  ServiceAccountRef,
  stringifyServiceAccountRef,
  TeardownResult,
} from 'backstage-plugin-eks-pod-identity-common';

/** Names from AWS and Kubernetes, as code so that they cannot become markup. */
function code(text: string): string {
  return `\`${text.replace(/`/g, "'").replace(/\s+/g, ' ')}\``;
}

const inWords = (kind: string, name: string) =>
  `${escapeMarkdown(kindInWords(kind))} ${code(nameInWords(name))}`;

/** What a teardown did, or would do, as Markdown for a template's output. */
export function renderTeardownMarkdown(
  done: Pick<
    TeardownResult,
    'applied' | 'removed' | 'kept' | 'affectedWorkloads' | 'warnings'
  > & { ref: ServiceAccountRef },
): string {
  const ref = code(stringifyServiceAccountRef(done.ref));
  const lines: string[] = [];
  if (done.removed.length > 0) {
    lines.push(
      done.applied ? `Removed from ${ref}:` : `Would be removed from ${ref}:`,
      '',
      ...done.removed.map(
        ({ kind, name }) =>
          `- ${inWords(kind, name)}${
            kind === 'managed-policy'
              ? ' (detached; the policy itself stays)'
              : ''
          }`,
      ),
      '',
    );
  } else {
    lines.push(`Nothing that this portal created for ${ref} was left.`, '');
  }
  if (done.kept.length > 0) {
    lines.push(
      'Kept:',
      '',
      ...done.kept.map(
        ({ kind, name, reason }) =>
          `- ${inWords(kind, name)}: ${escapeMarkdown(reason)}`,
      ),
      '',
    );
  }
  if (done.affectedWorkloads.length > 0) {
    lines.push(
      done.applied ? 'Lost access:' : 'Would lose access:',
      '',
      ...done.affectedWorkloads.map(
        ({ kind, name, pods }) =>
          `- ${escapeMarkdown(kind)} ${code(name)} (${pods} running ${
            pods === 1 ? 'pod' : 'pods'
          })`,
      ),
      '',
    );
  }
  lines.push(...done.warnings.map(warning => `> ${escapeMarkdown(warning)}`));
  return lines.join('\n').trimEnd();
}
