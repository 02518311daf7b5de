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
          Statement: DOCUMENTS[name].Statement.map(one => JSON.stringify(one))
            .filter(text => text.includes('${var.cluster_name}') === ofCluster)
            .map(text =>
              JSON.parse(
                text.replaceAll(
                  'role/${var.role_prefix}',
                  'role${var.roles_path}${var.role_prefix}',
                ),
              ),
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
