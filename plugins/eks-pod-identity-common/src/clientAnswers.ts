import { z } from 'zod/v3';
import { policyChoiceSchema, serviceAccountChoiceSchema } from './choices';
import { operationEventSchema, operationSchema } from './operations';
import { checksPageSchema, permissionsPageSchema } from './documents';

/** Answers that only the client reads as such; each wraps what it returns. */
export const eventPageSchema = z.object({
  operation: operationSchema,
  events: z.array(operationEventSchema),
});
export const namesSchema = z.object({ items: z.array(z.string()) });
export const choicesSchema = z.object({
  items: z.array(serviceAccountChoiceSchema),
});
export const policiesSchema = z.object({ items: z.array(policyChoiceSchema) });

/** Pages of the documentation, by the end of their path. */
export const PAGES = {
  checks: checksPageSchema,
  permissions: permissionsPageSchema,
};
