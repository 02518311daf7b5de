import { EksPlanPreview } from './EksPlanPreview';
import { planPreviewSchema } from './schema';
import { validation } from './validation';

export const eksPlanPreview = {
  name: 'EksPlanPreview',
  component: EksPlanPreview,
  schema: planPreviewSchema,
  validation,
};
