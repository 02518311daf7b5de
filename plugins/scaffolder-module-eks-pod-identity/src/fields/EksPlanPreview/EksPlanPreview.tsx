import { useEffect } from 'react';
import { sentenceOf } from '../../api/problems';
import { usePodIdentityClient } from '../../api/usePodIdentityClient';
import { PlanChoice, PlanFrame, PlanView } from '../../components/PlanView';
import { useLoaded } from '../../hooks/useLoaded';
import { useTexts } from '../../hooks/useTexts';
import { frameOf, valuesOf } from '../form';
import { choiceFor, planRequestOf, targetOf } from './planRequest';
import { planPreviewSchema } from './schema';

/** Milliseconds between the last change in the form and the request. */
const PLAN_DELAY_MS = 600;

/** What the form calls one of its fields. */
function titleOf(
  { registry }: typeof planPreviewSchema.TProps,
  field: unknown,
): string | undefined {
  const { properties = {} } = registry?.rootSchema ?? {};
  const schema = typeof field === 'string' ? properties[field] : undefined;
  return typeof schema === 'object' ? schema.title : undefined;
}

/** Shows what the run would change with the values filled in so far. It requests a plan and changes nothing. */
export function EksPlanPreview(props: typeof planPreviewSchema.TProps) {
  const { uiSchema } = props;
  const { t } = useTexts();
  const client = usePodIdentityClient();
  const { kind = 'associate', input = {} } = uiSchema['ui:options'] ?? {};
  const { formData, onChange } = props;
  const values = valuesOf(props);
  const choice = choiceFor(values, formData);
  const preview = planRequestOf(kind, input, values, choice);
  const request = 'request' in preview ? preview.request : undefined;
  const plan = useLoaded(
    request && JSON.stringify(request),
    ({ signal, again }) =>
      client.plan({ ...request!, fresh: again }, { signal }),
    PLAN_DELAY_MS,
  );
  // A form validates only fields that have a value, and a form that came filled in has none for this one.
  const isOutdated = formData === undefined || (formData && !choice);
  useEffect(() => {
    if (isOutdated) onChange(null);
  }, [isOutdated, onChange]);
  const { id, label, description } = frameOf(props, t('plan.title'));

  let state: string | undefined;
  if ('incomplete' in preview) state = t('plan.incomplete');
  else if ('invalid' in preview) {
    state = t('plan.invalid', { reason: preview.invalid });
  }
  return (
    <PlanFrame
      id={id}
      title={label}
      description={description}
      state={state}
      loading={plan.loading}
      problem={plan.error === undefined ? undefined : sentenceOf(plan.error, t)}
      onRetry={state ? undefined : plan.retry}
    >
      {plan.value && (
        <>
          <PlanView
            plan={plan.value}
            forceTitle={titleOf(props, input.force)}
          />
          <PlanChoice
            plan={plan.value}
            chosen={choice}
            onChoose={chosen =>
              onChange(chosen ? { ...chosen, target: targetOf(values) } : null)
            }
          />
        </>
      )}
    </PlanFrame>
  );
}
