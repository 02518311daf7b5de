import { stringifyEntityRef } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import { useEntity } from '@backstage/plugin-catalog-react';
import { podIdentityApiRef } from '../../api';
import { useKnownIdentities } from '../../hooks/knownIdentities';
import { TAB_PATH, useEntityHrefs } from '../../hooks/useLinks';
import { useAppNavigate } from '../../olderBackstage';
import { useTexts } from '../../hooks/useTexts';

/**
 * Verifies every identity of the entity that the user may verify, and opens the tab, which shows how far that is. What the
 * page has loaded decides: where there is none to verify, the item is disabled.
 */
export function useVerifyItem() {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const navigate = useAppNavigate();
  const entityRef = stringifyEntityRef(useEntity().entity);
  const page = useEntityHrefs()(entityRef);
  const { identities = [] } = useKnownIdentities(entityRef) ?? {};
  const verifiable = identities.filter(({ can }) => can.verify);
  return {
    title: t('menu.verify'),
    disabled: verifiable.length === 0,
    onClick: async () => {
      // One that is refused says so on the tab, when it is tried there
      await Promise.allSettled(
        verifiable
          .filter(({ verifying }) => !verifying)
          .map(({ ref: { cluster, namespace, serviceAccount } }) =>
            api.startOperation({
              kind: 'verify',
              input: {
                clusterName: cluster,
                namespace,
                serviceAccount,
                entityRef,
              },
            }),
          ),
      );
      if (page) navigate(`${page}/${TAB_PATH}`);
    },
  };
}
