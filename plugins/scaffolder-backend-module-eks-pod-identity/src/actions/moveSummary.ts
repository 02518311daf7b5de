import {
  escapeMarkdown,
  MigrateResult,
  Plan,
  renderPlanStep,
  RollbackResult,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** What came of a move or of a way back. */
export interface MoveSummary {
  /** A sentence each. */
  lines: string[];
  /** A person has to do something before it goes on. */
  isWaiting: boolean;
  markdown: string;
}

function planned(what: string, plan: Plan): string[] {
  return plan.conflicts
    ? [`${what} would be refused as it stands. Nothing was changed.`]
    : [`${what} was only planned. Nothing was changed.`];
}

function notRehearsed({ steps }: Plan): string {
  const why = steps.find(({ id }) => id === 'rehearsal')?.reason;
  return `The move was ${why ?? 'not rehearsed: it has begun already'}.`;
}

function migrateLines(
  ref: string,
  { applied, plan, roleArn, state, toConfirm }: MigrateResult,
): string[] {
  if (!applied) return planned(`The move of ${ref}`, plan);
  if (toConfirm.length > 0) {
    return [
      `The move of ${ref} waits. The owner of the component has to confirm that these work by Pod Identity: ${toConfirm.join(
        ', ',
      )}. CloudTrail does not show that they obtained the role.`,
      'Look at them first. Then choose "It works, go on" on the card or the tab of the component, or run eks:pod-identity:migrate again and name them in "confirmed". "Roll back" there, or eks:pod-identity:rollback, takes the move back.',
    ];
  }
  switch (state) {
    case 'moved':
      return [
        `Moved: the running pods of ${ref} have ${roleArn} by Pod Identity.`,
      ];
    case 'finished':
      return [
        `Finished: ${roleArn} lets ${ref} in by Pod Identity alone. What was taken out of its trust policy is recorded, and eks:pod-identity:rollback puts it back.`,
      ];
    case 'moving':
      return [
        `The move of ${ref} waits: some of its pods may still use IRSA. Run eks:pod-identity:migrate again to go on, or eks:pod-identity:rollback to take it back.`,
      ];
    case 'rehearsed':
      return [
        `Rehearsed: a pod of another service account obtained ${roleArn} by Pod Identity. Nothing of ${ref} was touched.`,
      ];
    default:
      return [notRehearsed(plan)];
  }
}

function rollbackLines(
  ref: string,
  { applied, changed, plan }: RollbackResult,
): string[] {
  if (!applied) return planned(`The way back of ${ref}`, plan);
  return [
    changed
      ? `Back: the association of ${ref} is gone, and no running pod of it uses Pod Identity.`
      : `There was nothing to take back: ${ref} has no association, and no running pod of it uses Pod Identity.`,
  ];
}

/** A plan that was not carried out is part of the Markdown, which is all that a form's result shows. */
export function summaryOf(
  account: ServiceAccountRef,
  done: MigrateResult | RollbackResult,
): MoveSummary {
  const ref = stringifyServiceAccountRef(account);
  const lines =
    done.kind === 'migrate'
      ? migrateLines(ref, done)
      : rollbackLines(ref, done);
  const steps = done.applied ? [] : done.plan.steps.map(renderPlanStep);
  return {
    lines,
    isWaiting: done.kind === 'migrate' && done.state === 'moving',
    markdown: [
      ...lines.map(escapeMarkdown),
      steps.map(step => `- ${escapeMarkdown(step)}`).join('\n'),
      ...done.warnings.map(warning => `> ${escapeMarkdown(warning)}`),
    ]
      .filter(Boolean)
      .join('\n\n'),
  };
}
