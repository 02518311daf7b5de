import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Checkbox } from '@backstage/ui';
import type { Plan, PlanStep } from 'backstage-plugin-eks-pod-identity-common';
import { formFieldsTranslationRef } from '../../translation';

type Choice = NonNullable<PlanStep['choice']>;

/** Lets the user settle a conflict that leaves a choice; nothing where the plan has none. */
export function PlanChoice({
  plan,
  chosen,
  onChoose,
}: {
  plan: Plan;
  /** What the plan takes for granted, because the user chose it. */
  chosen?: Choice;
  onChoose: (choice: Choice | undefined) => void;
}) {
  const { t } = useTranslationRef(formFieldsTranslationRef);
  const choice = chosen ?? plan.steps.find(step => step.choice)?.choice;
  if (!choice) return null;
  const association =
    plan.steps.find(({ resource }) => resource.kind === 'association')?.resource
      .name ?? '';
  const label = choice.roleArn
    ? t('plan.keepAssociation', {
        association,
        role: choice.roleArn.slice(choice.roleArn.lastIndexOf('/') + 1),
      })
    : t('plan.replaceRole', { association });
  return (
    <Checkbox
      isSelected={chosen !== undefined}
      onChange={selected => onChoose(selected ? choice : undefined)}
    >
      {label}
    </Checkbox>
  );
}
