import { cloudFormation } from './cloudFormation';
import { terraform } from './terraform';

/** The files below deploy/ that are made from the rights of the engine, by their path. */
export const artefacts = (): Record<string, string> => ({
  'deploy/cloudformation.yaml': cloudFormation(),
  'deploy/terraform/policies.tf': terraform(),
});
