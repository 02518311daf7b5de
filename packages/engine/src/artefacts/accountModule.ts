import { DOCUMENTS, terraformDocuments } from './terraform';

/** Of the documents of the module for one cluster, the statements that name the cluster, or those that do not. */
const partsOf = (
  ofCluster: boolean,
  ...names: (keyof typeof DOCUMENTS)[]
): string =>
  terraformDocuments(
    Object.fromEntries(
      names.map(name => [
        name,
        {
          Statement: (DOCUMENTS[name].Statement as object[]).filter(
            one =>
              JSON.stringify(one).includes('${var.cluster_name}') === ofCluster,
          ),
        },
      ]),
    ),
  );

/** deploy/terraform/account/policies.tf. */
export const accountModule = () =>
  partsOf(
    false,
    'trust',
    'boundary',
    'more_data',
    'reading',
    'look',
    'optional',
    'evidence',
    'changing',
    'moving',
  );

/** deploy/terraform/cluster/policies.tf. */
export const clusterModule = () =>
  partsOf(true, 'reading', 'look', 'optional', 'changing', 'installing');
