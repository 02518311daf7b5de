import { EksPlanPreview } from './EksPlanPreview';
import { planPreviewSchema } from './schema';

export const eksPlanPreview = {
  name: 'EksPlanPreview',
  component: EksPlanPreview,
  schema: planPreviewSchema,
};
