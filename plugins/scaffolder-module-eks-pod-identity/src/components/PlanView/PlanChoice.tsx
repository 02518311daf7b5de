import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Checkbox } from '@backstage/ui';
import type { Plan, PlanStep } from 'backstage-plugin-eks-pod-identity-common';
import { formFieldsTranslationRef } from '../../translation';

type Choice = NonNullable<PlanStep['choice']>;

/** Lets the user settle what a plan leaves to choose; nothing where it leaves nothing. */
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
  const { roleArn, replaceRole, createServiceAccount }: Choice = Object.assign(
    {},
    ...plan.steps.map(({ choice }) => choice),
    chosen,
  );
  const nameOf = (kind: PlanStep['resource']['kind']) =>
    plan.steps.find(({ resource }) => resource.kind === kind)?.resource.name ??
    '';
  const association = nameOf('association');
  const boxes: [Choice, string | undefined][] = [
    [
      { roleArn },
      roleArn &&
        t('plan.keepAssociation', {
          association,
          role: roleArn.slice(roleArn.lastIndexOf('/') + 1),
        }),
    ],
    [{ replaceRole }, replaceRole && t('plan.replaceRole', { association })],
    [
      { createServiceAccount },
      createServiceAccount &&
        t('plan.createServiceAccount', { name: nameOf('service-account') }),
    ],
  ];
  const { target: _target, ...now }: Choice & { target?: string } =
    chosen ?? {};
  return boxes.map(([choice, label]) => {
    const key = Object.keys(choice)[0] as keyof Choice;
    const { [key]: isChosen, ...others } = now;
    const rest = Object.keys(others).length > 0 ? others : undefined;
    return (
      label && (
        <Checkbox
          key={key}
          isSelected={isChosen !== undefined}
          onChange={selected =>
            onChoose(selected ? { ...others, ...choice } : rest)
          }
        >
          {label}
        </Checkbox>
      )
    );
  });
}
