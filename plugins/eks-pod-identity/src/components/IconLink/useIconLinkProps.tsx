import { stringifyEntityRef } from '@backstage/catalog-model';
import { useEntity } from '@backstage/plugin-catalog-react';
import { RiShieldKeyholeLine } from '@remixicon/react';
import { useKnownIdentities } from '../../hooks/knownIdentities';
import { TAB_PATH, useEntityHrefs } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import { shownStatus } from '../headline';
import { StatusIcon } from '../StatusBadge';

/** A link to the tab with the status of the worst identity, as the card beside it has loaded it. */
export function useIconLinkProps() {
  const { t } = useTexts();
  const { entity } = useEntity();
  const entityRef = stringifyEntityRef(entity);
  const page = useEntityHrefs()(entityRef);
  const [worst] = useKnownIdentities(entityRef)?.identities ?? [];
  return {
    label: worst
      ? t('iconLink.withStatus', { status: t(`status.${shownStatus(worst)}`) })
      : t('iconLink.label'),
    icon: worst ? (
      <StatusIcon status={shownStatus(worst)} />
    ) : (
      <RiShieldKeyholeLine aria-hidden="true" />
    ),
    href: page && `${page}/${TAB_PATH}`,
    disabled: page === undefined,
  };
}
