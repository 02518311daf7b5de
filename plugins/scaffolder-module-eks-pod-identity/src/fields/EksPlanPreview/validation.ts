import { ResponseError } from '@backstage/errors';
import { discoveryApiRef, fetchApiRef } from '@backstage/frontend-plugin-api';
import type { CustomFieldValidator } from '@backstage/plugin-scaffolder-react';
import { PodIdentityClient } from 'backstage-plugin-eks-pod-identity-common';
import { sentenceOf } from '../../api/problems';
import { translated } from '../translated';
import { type Choice, choiceFor, planRequestOf } from './planRequest';
import type { PlanPreviewOptions } from './schema';

/** What the caller has to change; where the backend or AWS does not answer, the run itself may still succeed. */
const REFUSALS = [400, 403, 404, 409];

/** Keeps the form from continuing to a run that would be refused. */
export const validation: CustomFieldValidator<
  Choice | null,
  PlanPreviewOptions
> = async (value, field, { apiHolder, formData, uiSchema }) => {
  const { kind = 'associate', input = {} } = uiSchema?.['ui:options'] ?? {};
  const preview = planRequestOf(
    kind,
    input,
    formData,
    choiceFor(formData, value),
  );
  if (!('request' in preview)) return;
  const t = await translated(apiHolder);
  const client = new PodIdentityClient({
    discoveryApi: apiHolder.get(discoveryApiRef)!,
    fetchApi: apiHolder.get(fetchApiRef)!,
  });
  try {
    const plan = await client.plan(preview.request);
    if (plan.conflicts) field.addError(t('plan.refusedShort'));
  } catch (error) {
    if (
      error instanceof ResponseError &&
      REFUSALS.includes(error.response.status)
    ) {
      field.addError(sentenceOf(error, t));
    }
  }
};
