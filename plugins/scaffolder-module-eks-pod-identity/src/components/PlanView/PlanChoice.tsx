import { Checkbox } from '@backstage/ui';
import type { Plan, PlanStep } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';

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
  const { t } = useTexts();
  const stepOf = (kind: PlanStep['resource']['kind']) =>
    plan.steps.find(({ resource }) => resource.kind === kind);
  const offered: Choice = Object.assign(
    {},
    ...plan.steps.map(({ choice }) => choice),
  );
  const { replaceRole: asked, ...others }: Choice = chosen ?? {};
  const { roleArn, replaceRole, createServiceAccount }: Choice = {
    ...offered,
    ...others,
    // A link can ask for it where the role is right by now
    ...(asked && stepOf('association')?.change === 'update'
      ? { replaceRole: asked }
      : {}),
  };
  const association = stepOf('association')?.resource.name ?? '';
  const role = roleArn?.slice(roleArn.lastIndexOf('/') + 1) ?? '';
  const name = stepOf('service-account')?.resource.name ?? '';
  const boxes: [keyof Choice, Choice[keyof Choice], string][] = [
    ['roleArn', roleArn, t('plan.keepAssociation', { association, role })],
    ['replaceRole', replaceRole, t('plan.replaceRole', { association })],
    [
      'createServiceAccount',
      createServiceAccount,
      t('plan.createServiceAccount', { name }),
    ],
  ];
  return boxes
    .filter(([, value]) => value !== undefined)
    .map(([key, value, label]) => {
      const { [key]: isChosen, ...rest }: Choice = chosen ?? {};
      return (
        <Checkbox
          key={key}
          isSelected={isChosen !== undefined}
          onChange={selected => {
            const next = selected ? { ...rest, [key]: value } : rest;
            onChoose(Object.keys(next).length > 0 ? next : undefined);
          }}
        >
          {label}
        </Checkbox>
      );
    });
}
